/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The GPUs that have GVT-g, by PCI device id. i915 accepts these platforms since Linux
 * 5.9: is_supported_device() in drivers/gpu/drm/i915/intel_gvt.c. Their ids are in
 * include/drm/intel/i915_pciids.h. Gemini Lake is gen9 too, but GVT-g does not support
 * it.
 */
#include "gvt.h"

static const struct {
	uint8_t generation;
	uint16_t device;
} gpus[] = {
	/* Broadwell */
	{8, 0x1602},
	{8, 0x1606},
	{8, 0x160a},
	{8, 0x160b},
	{8, 0x160d},
	{8, 0x160e},
	{8, 0x1612},
	{8, 0x1616},
	{8, 0x161a},
	{8, 0x161b},
	{8, 0x161d},
	{8, 0x161e},
	{8, 0x1622},
	{8, 0x1626},
	{8, 0x162a},
	{8, 0x162b},
	{8, 0x162d},
	{8, 0x162e},
	{8, 0x1632},
	{8, 0x1636},
	{8, 0x163a},
	{8, 0x163b},
	{8, 0x163d},
	{8, 0x163e},
	/* Skylake */
	{9, 0x1902},
	{9, 0x1906},
	{9, 0x190a},
	{9, 0x190b},
	{9, 0x190e},
	{9, 0x1912},
	{9, 0x1913},
	{9, 0x1915},
	{9, 0x1916},
	{9, 0x1917},
	{9, 0x191a},
	{9, 0x191b},
	{9, 0x191d},
	{9, 0x191e},
	{9, 0x1921},
	{9, 0x1923},
	{9, 0x1926},
	{9, 0x1927},
	{9, 0x192a},
	{9, 0x192b},
	{9, 0x192d},
	{9, 0x1932},
	{9, 0x193a},
	{9, 0x193b},
	{9, 0x193d},
	/* Broxton, Apollo Lake */
	{9, 0x0a84},
	{9, 0x1a84},
	{9, 0x1a85},
	{9, 0x5a84},
	{9, 0x5a85},
	/* Kaby Lake, Amber Lake */
	{9, 0x5902},
	{9, 0x5906},
	{9, 0x5908},
	{9, 0x590a},
	{9, 0x590b},
	{9, 0x590e},
	{9, 0x5912},
	{9, 0x5913},
	{9, 0x5915},
	{9, 0x5916},
	{9, 0x5917},
	{9, 0x591a},
	{9, 0x591b},
	{9, 0x591c},
	{9, 0x591d},
	{9, 0x591e},
	{9, 0x5921},
	{9, 0x5923},
	{9, 0x5926},
	{9, 0x5927},
	{9, 0x593b},
	{9, 0x87c0},
	/* Coffee Lake, Whiskey Lake, Amber Lake */
	{9, 0x3e90},
	{9, 0x3e91},
	{9, 0x3e92},
	{9, 0x3e93},
	{9, 0x3e94},
	{9, 0x3e96},
	{9, 0x3e98},
	{9, 0x3e99},
	{9, 0x3e9a},
	{9, 0x3e9b},
	{9, 0x3e9c},
	{9, 0x3ea0},
	{9, 0x3ea1},
	{9, 0x3ea2},
	{9, 0x3ea3},
	{9, 0x3ea4},
	{9, 0x3ea5},
	{9, 0x3ea6},
	{9, 0x3ea7},
	{9, 0x3ea8},
	{9, 0x3ea9},
	{9, 0x87ca},
	/* Comet Lake */
	{9, 0x9b21},
	{9, 0x9b41},
	{9, 0x9ba2},
	{9, 0x9ba4},
	{9, 0x9ba5},
	{9, 0x9ba8},
	{9, 0x9baa},
	{9, 0x9bac},
	{9, 0x9bc2},
	{9, 0x9bc4},
	{9, 0x9bc5},
	{9, 0x9bc6},
	{9, 0x9bc8},
	{9, 0x9bca},
	{9, 0x9bcc},
	{9, 0x9be6},
	{9, 0x9bf6},
};

unsigned gvt_generation(uint64_t pci_device)
{
	for (size_t i = 0; i < sizeof(gpus) / sizeof(gpus[0]); i++)
		if (gpus[i].device == pci_device)
			return gpus[i].generation;
	return 0;
}
