/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drivers that never migrate: how one is found, and the sentence. */
#include <errno.h>

#include "tests/support/device.h"

static const char *const no_facts[] = {NULL};

/* The error of open, with its sentence in text. 0: it opened. */
static int open_error(enum migcompat_kind kind, const char *id, const char *const *facts,
		      struct error *err)
{
	struct provider *provider = test_backend("generic", NULL);
	struct opened *opened = NULL;
	struct test_host host;
	int r;

	*err = (struct error){0};
	test_host_make(&host, (const char *const[]){"kernel/release", "6.18.9", NULL});
	r = provider_open(provider, test_device(&host, kind, id, facts), &opened, err);
	opened_close(opened);
	test_host_free(&host);
	provider_free(provider);
	return r;
}

static void assert_never(enum migcompat_kind kind, const char *id, const char *const *facts,
			 const char *sentence)
{
	struct error err;

	assert_int_equal(open_error(kind, id, facts, &err), -ENODEV);
	assert_contains(err.text, sentence);
}

static void each_driver_of_the_table_never_migrates(void **state)
{
	struct provider *provider = test_backend("generic", NULL);
	const struct backend_info *info = &provider->info;

	(void)state;
	assert_true(info->fallback);
	assert_string_equal(info->keys[info->nkeys - 1], "*");
	for (size_t i = 0; i + 1 < info->nkeys; i++) {
		const char *const facts[] = {"driver/module", info->keys[i], NULL};

		assert_never(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", facts, " ");
	}
	provider_free(provider);
}

static void vfio_pci_is_told_in_the_words_of_qemu(void **state)
{
	static const char *const facts[] = {"driver", "vfio-pci", NULL};

	(void)state;
	assert_never(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", facts,
		     "VFIO migration is not supported in kernel");
}

static void the_variant_driver_to_bind_is_named(void **state)
{
	static const char *const facts[] = {"driver/module", "vfio_pci", "vfio/variant_drivers",
					    "mlx5_vfio_pci", NULL};

	(void)state;
	assert_never(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", facts, "; bind it to mlx5_vfio_pci");
}

static void several_variant_drivers_are_all_named(void **state)
{
	static const char *const facts[] = {"driver/module", "vfio_pci", "vfio/variant_drivers",
					    "a_vfio_pci\nb_vfio_pci\n", NULL};

	(void)state;
	assert_never(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", facts,
		     "; bind it to a_vfio_pci or b_vfio_pci");
}

static void a_variant_driver_that_never_migrates_is_not_named(void **state)
{
	static const char *const facts[] = {"driver/module", "vfio_pci", "vfio/variant_drivers",
					    "nvgrace_gpu_vfio_pci", NULL};
	struct error err;

	(void)state;
	assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", facts, &err), -ENODEV);
	assert_null(strstr(err.text, "bind"));
}

static void variant_drivers_that_cannot_be_read_are_not_named(void **state)
{
	static const char *const facts[] = {"driver/module", "vfio_pci", "vfio/variant_drivers",
					    "!EACCES", NULL};
	struct error err;

	(void)state;
	assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", facts, &err), -ENODEV);
	assert_null(strstr(err.text, "bind"));
}

static void a_list_of_variant_drivers_without_end_is_cut(void **state)
{
	char names[4096];
	const char *const facts[] = {"driver/module", "vfio_pci", "vfio/variant_drivers", names,
				     NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(names) - 1; i++)
		names[i] = i % 10 == 9 ? '\n' : 'a';
	names[sizeof(names) - 1] = '\0';
	assert_never(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", facts,
		     "; bind it to aaaaaaaaa or aaaaaaaaa");
}

/* ---------------------------------------------------------------- finding the driver */

static void the_driver_of_an_mdev_is_its_parents(void **state)
{
	static const char *const facts[] = {"driver", "vfio_ccw_mdev", "parent/driver/module",
					    "vfio_ccw", NULL};

	(void)state;
	assert_never(MIGCOMPAT_KIND_MDEV, "u", facts, "subchannel");
}

static void without_a_parents_driver_the_mdevs_own_counts(void **state)
{
	static const char *const facts[] = {"driver", "mdpy", "mdev_type", "mdpy-vga", NULL};

	(void)state;
	assert_never(MIGCOMPAT_KIND_MDEV, "u", facts, "mdpy");
}

static void the_type_tells_the_driver_where_all_mdevs_have_one(void **state)
{
	static const char *const facts[] = {"driver", "vfio_mdev", "mdev_type", "mbochs-small",
					    NULL};

	(void)state;
	assert_never(MIGCOMPAT_KIND_MDEV, "u", facts, "mbochs");
}

static void the_id_of_a_type_tells_the_driver_too(void **state)
{
	(void)state;
	assert_never(MIGCOMPAT_KIND_MDEV_TYPE, "0.0.0026/vfio_ccw-io", no_facts, "subchannel");
}

static void a_driver_counts_if_its_module_has_another_name(void **state)
{
	static const char *const facts[] = {"driver/module", "built_elsewhere", "driver",
					    "vfio-platform", NULL};

	(void)state;
	assert_never(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", facts, "vfio-platform");
}

/* A minimal inventory has a member "driver" and no fact of that name. */
static void a_driver_beside_the_facts_counts(void **state)
{
	struct provider *provider = test_backend("generic", NULL);
	struct opened *opened = NULL;
	struct test_host host;
	struct error err = {0};
	struct device device;

	(void)state;
	test_host_make(&host, NULL);
	device = *test_device(&host, MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", no_facts);
	device.driver = "vfio-pci";
	assert_int_equal(provider_open(provider, &device, &opened, &err), -ENODEV);
	assert_contains(err.text, "vfio-pci");
	test_host_free(&host);
	provider_free(provider);
}

static void a_missing_driver_could_not_be_told(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", no_facts, &err),
			 -ENOENT);
	assert_string_equal(err.text, "no fact names the driver");
	assert_int_equal(open_error(MIGCOMPAT_KIND_MDEV, "u", no_facts, &err), -ENOENT);
}

static void a_driver_that_cannot_be_read_could_not_be_told(void **state)
{
	static const char *const facts[] = {"driver/module", "!EACCES", "driver", "vfio-pci", NULL};
	static const char *const empty[] = {"driver", "", NULL};
	struct error err;

	(void)state;
	assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", facts, &err), -EACCES);
	assert_contains(err.text, "\"driver/module\" is unreadable");
	assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", empty, &err), -ERANGE);
}

static void an_unknown_driver_without_the_kernels_word_could_not_be_told(void **state)
{
	static const char *const facts[] = {"driver", "acme", NULL};
	struct error err;

	(void)state;
	assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", facts, &err),
			 -EOPNOTSUPP);
	assert_contains(err.text, "acme");
}

/* ---------------------------------------------------------------- the kernel's word */

static void the_kernels_yes_wins_over_the_table(void **state)
{
	static const char *const features[] = {"driver", "vfio-pci", "vfio/migration/features",
					       "stop-copy\np2p", NULL};
	static const char *const word[] = {"driver", "vfio-pci", "vfio/migration/state", "RUNNING",
					   NULL};
	static const char *const locked[] = {"driver", "vfio-pci", "vfio/migration/state",
					     "!EINVAL", NULL};
	struct error err;

	(void)state;
	assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", features, &err),
			 -ENOENT);
	assert_contains(err.text, "\"vendor\" is missing");
	assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", word, &err), -ENOENT);
	assert_int_equal(open_error(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", locked, &err),
			 -ENOENT);
}

static void features_that_lack_the_one_that_moves_are_no_yes(void **state)
{
	static const char *const facts[] = {"driver", "vfio-pci", "vfio/migration/features",
					    "p2p\nno-stop-copy\nstop-copy-2", NULL};
	static const char *const binary[] = {"driver", "vfio-pci", "vfio/migration/features",
					     "stop-copy\n\xff", NULL};

	(void)state;
	assert_never(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", facts, "vfio-pci");
	assert_never(MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", binary, "vfio-pci");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_driver_of_the_table_never_migrates),
		cmocka_unit_test(vfio_pci_is_told_in_the_words_of_qemu),
		cmocka_unit_test(the_variant_driver_to_bind_is_named),
		cmocka_unit_test(several_variant_drivers_are_all_named),
		cmocka_unit_test(a_variant_driver_that_never_migrates_is_not_named),
		cmocka_unit_test(variant_drivers_that_cannot_be_read_are_not_named),
		cmocka_unit_test(a_list_of_variant_drivers_without_end_is_cut),
		cmocka_unit_test(the_driver_of_an_mdev_is_its_parents),
		cmocka_unit_test(without_a_parents_driver_the_mdevs_own_counts),
		cmocka_unit_test(the_type_tells_the_driver_where_all_mdevs_have_one),
		cmocka_unit_test(the_id_of_a_type_tells_the_driver_too),
		cmocka_unit_test(a_driver_counts_if_its_module_has_another_name),
		cmocka_unit_test(a_driver_beside_the_facts_counts),
		cmocka_unit_test(a_missing_driver_could_not_be_told),
		cmocka_unit_test(a_driver_that_cannot_be_read_could_not_be_told),
		cmocka_unit_test(an_unknown_driver_without_the_kernels_word_could_not_be_told),
		cmocka_unit_test(the_kernels_yes_wins_over_the_table),
		cmocka_unit_test(features_that_lack_the_one_that_moves_are_no_yes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
