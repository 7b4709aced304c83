/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The virtual GPU at work, and its registers as bytes. */
#include "vgpu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "migcompat/device-state.h"

#define PAGE MIGCOMPAT_STATE_PAGE
#define MAGIC "GVTGVGPU"
#define MB (1u << 20)

/* ---------------------------------------------------------------- memory */

int vgpu_memory_make(struct vgpu_memory *memory, uint64_t size)
{
	memory->chunks = calloc(size / VGPU_CHUNK, sizeof(*memory->chunks));
	memory->size = memory->chunks ? size : 0;
	return memory->chunks ? 0 : -ENOMEM;
}

void vgpu_memory_free(struct vgpu_memory *memory)
{
	for (uint64_t i = 0; memory->chunks && i < memory->size / VGPU_CHUNK; i++)
		free(memory->chunks[i]);
	free(memory->chunks);
	*memory = (struct vgpu_memory){0};
}

/* The bytes from position to the end of its chunk; at most len. */
static size_t in_chunk(uint64_t position, size_t len)
{
	uint64_t left = VGPU_CHUNK - position % VGPU_CHUNK;

	return len < left ? len : (size_t)left;
}

void vgpu_memory_read(const struct vgpu_memory *memory, uint64_t position, void *buffer, size_t len)
{
	uint8_t *to = buffer;

	for (size_t part; len; position += part, to += part, len -= part) {
		const uint8_t *chunk = memory->chunks[position / VGPU_CHUNK];

		part = in_chunk(position, len);
		if (chunk)
			memcpy(to, chunk + position % VGPU_CHUNK, part);
		else
			memset(to, 0, part);
	}
}

static bool all_zeros(const uint8_t *bytes, size_t len)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

int vgpu_memory_write(struct vgpu_memory *memory, uint64_t position, const void *bytes, size_t len)
{
	uint8_t **chunk = &memory->chunks[position / VGPU_CHUNK];

	if (!*chunk && all_zeros(bytes, len))
		return 0;
	if (!*chunk)
		*chunk = calloc(1, VGPU_CHUNK);
	if (!*chunk)
		return -ENOMEM;
	memcpy(*chunk + position % VGPU_CHUNK, bytes, len);
	return 0;
}

/* ---------------------------------------------------------------- registers */

static uint32_t get(const uint8_t *bytes, size_t at)
{
	return (uint32_t)bytes[at] | (uint32_t)bytes[at + 1] << 8 | (uint32_t)bytes[at + 2] << 16 |
	       (uint32_t)bytes[at + 3] << 24;
}

static void put(uint8_t *bytes, size_t at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		bytes[at + i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get64(const uint8_t *bytes, size_t at)
{
	return get(bytes, at) | (uint64_t)get(bytes, at + 4) << 32;
}

static void put64(uint8_t *bytes, size_t at, uint64_t value)
{
	put(bytes, at, (uint32_t)value);
	put(bytes, at + 4, (uint32_t)(value >> 32));
}

/* PCI configuration space of the GPU (class 03 00 00), and the places where a guest's
 * driver puts ring, display and fences. */
static void reset(struct vgpu *vgpu)
{
	put(vgpu->pci, 0, 0x8086u | vgpu->shape.pci_device << 16);
	put(vgpu->pci, 4, 0x0007);
	put(vgpu->pci, 8, 0x03000000);
	put(vgpu->mmio, VGPU_RING_START, 0);
	put(vgpu->mmio, VGPU_SURFACE, MB);
	for (uint32_t i = 0; i < vgpu->shape.fences; i++)
		put64(vgpu->mmio, VGPU_FENCE(i), (uint64_t)i << 44 | 1);
}

int vgpu_make(struct vgpu *vgpu, const struct vgpu_shape *shape, uint64_t seed)
{
	uint64_t size = (uint64_t)(shape->low_mb + shape->high_mb) * MB;

	*vgpu = (struct vgpu){.shape = *shape, .work = seed | 1};
	vgpu->mmio = calloc(1, VGPU_MMIO);
	vgpu->marks = calloc(MIGCOMPAT_DIRTY_WORDS(size / PAGE), sizeof(*vgpu->marks));
	if (!vgpu->mmio || !vgpu->marks || vgpu_memory_make(&vgpu->memory, size)) {
		vgpu_free(vgpu);
		return -ENOMEM;
	}
	reset(vgpu);
	return 0;
}

void vgpu_free(struct vgpu *vgpu)
{
	free(vgpu->mmio);
	free(vgpu->marks);
	vgpu_memory_free(&vgpu->memory);
	*vgpu = (struct vgpu){0};
}

/* ---------------------------------------------------------------- work */

static uint64_t work_next(struct vgpu *vgpu)
{
	vgpu->work ^= vgpu->work << 13;
	vgpu->work ^= vgpu->work >> 7;
	vgpu->work ^= vgpu->work << 17;
	return vgpu->work;
}

/* First the bytes, then the mark: see device-state.h. Without memory for it the write is
 * lost, as on a failing bus. */
static void store(struct vgpu *vgpu, uint64_t position, const void *bytes, size_t len)
{
	if (vgpu_memory_write(&vgpu->memory, position, bytes, len) == 0)
		migcompat_dirty_mark_bytes(vgpu->marks, position, len);
}

/* The guest puts a command into its ring and the engine runs it: 64 bytes somewhere in
 * high memory, or a line of the display. */
static void command_run(struct vgpu *vgpu)
{
	uint64_t command = work_next(vgpu), place = work_next(vgpu);
	uint32_t tail = get(vgpu->mmio, VGPU_RING_TAIL), surface = get(vgpu->mmio, VGPU_SURFACE);
	uint64_t high = (uint64_t)vgpu->shape.high_mb * MB, low = (uint64_t)vgpu->shape.low_mb * MB;
	uint8_t pixels[64];

	put64(pixels, 0, command);
	store(vgpu, get(vgpu->mmio, VGPU_RING_START) + tail, pixels, 8);
	tail = (tail + 8) % VGPU_RING;
	put(vgpu->mmio, VGPU_RING_TAIL, tail);
	memset(pixels, (int)(command >> 56), sizeof(pixels));
	/* A guest works on a few megabytes at a time. */
	if (command & 3)
		store(vgpu, low + (place % (high < 4 * MB ? high : 4 * MB) & ~(uint64_t)63), pixels,
		      sizeof(pixels));
	else
		store(vgpu, surface + (place % MB & ~(uint64_t)63), pixels, sizeof(pixels));
	put(vgpu->mmio, VGPU_RING_HEAD, tail);
	if ((command & 255) == 0)
		put(vgpu->mmio, VGPU_FRAME_COUNT, get(vgpu->mmio, VGPU_FRAME_COUNT) + 1);
}

void vgpu_run(struct vgpu *vgpu, unsigned commands)
{
	while (commands--)
		command_run(vgpu);
}

/* ---------------------------------------------------------------- config */

void vgpu_config_put(const struct vgpu *vgpu, uint8_t *bytes)
{
	const struct vgpu_shape *shape = &vgpu->shape;
	const uint32_t head[] = {VGPU_CONFIG_VERSION, VGPU_CONFIG,    shape->generation,
				 shape->low_mb,       shape->high_mb, shape->fences,
				 shape->pci_device};

	memset(bytes, 0, VGPU_CONFIG_HEAD);
	memcpy(bytes, MAGIC, 8);
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		put(bytes, 8 + 4 * i, head[i]);
	put64(bytes, 40, vgpu->work);
	memcpy(bytes + VGPU_CONFIG_HEAD, vgpu->pci, VGPU_PCI_SPACE);
	memcpy(bytes + VGPU_CONFIG_HEAD + VGPU_PCI_SPACE, vgpu->mmio, VGPU_MMIO);
}

/* Registers with a place in graphics memory must name a place that exists. */
static const char *registers_check(const struct vgpu *vgpu, const uint8_t *mmio)
{
	uint64_t low = (uint64_t)vgpu->shape.low_mb * MB;

	if (get(mmio, VGPU_RING_TAIL) >= VGPU_RING || get(mmio, VGPU_RING_TAIL) % 8 ||
	    get(mmio, VGPU_RING_HEAD) >= VGPU_RING)
		return "the ring's head or tail is outside of the ring";
	if (get(mmio, VGPU_RING_START) % PAGE || get(mmio, VGPU_RING_START) > low - VGPU_RING)
		return "the ring is outside of low graphics memory";
	if (get(mmio, VGPU_SURFACE) % PAGE || get(mmio, VGPU_SURFACE) > low - MB)
		return "the display is outside of low graphics memory";
	return NULL;
}

const char *vgpu_config_get(struct vgpu *vgpu, const uint8_t *bytes, size_t len)
{
	const struct vgpu_shape *shape = &vgpu->shape;
	const struct {
		uint32_t expected;
		const char *wrong;
	} head[] = {
		{VGPU_CONFIG_VERSION, "its version is not known"},
		{VGPU_CONFIG, "its length differs from what it says"},
		{shape->generation, "the GPU is of another generation"},
		{shape->low_mb, "the GPU has another size of low graphics memory"},
		{shape->high_mb, "the GPU has another size of high graphics memory"},
		{shape->fences, "the GPU has another number of fences"},
	};
	const char *wrong;

	if (len < VGPU_CONFIG_HEAD || memcmp(bytes, MAGIC, 8) != 0)
		return "it does not begin like the config of a virtual GPU";
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		if (get(bytes, 8 + 4 * i) != head[i].expected)
			return head[i].wrong;
	if (len != VGPU_CONFIG || get64(bytes, 40) == 0)
		return "its length differs from what it says";
	wrong = registers_check(vgpu, bytes + VGPU_CONFIG_HEAD + VGPU_PCI_SPACE);
	if (wrong)
		return wrong;
	vgpu->work = get64(bytes, 40);
	memcpy(vgpu->pci, bytes + VGPU_CONFIG_HEAD, VGPU_PCI_SPACE);
	memcpy(vgpu->mmio, bytes + VGPU_CONFIG_HEAD + VGPU_PCI_SPACE, VGPU_MMIO);
	return NULL;
}
