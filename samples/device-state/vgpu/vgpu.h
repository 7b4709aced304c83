/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An emulated virtual GPU: PCI configuration space, registers, and graphics memory of the
 * type's size. Only memory that was written to is allocated. While it runs, an engine
 * works through a ring of commands and draws to a display.
 */
#ifndef SAMPLES_VGPU_VGPU_H
#define SAMPLES_VGPU_VGPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VGPU_PCI_SPACE 256u
#define VGPU_MMIO \
	(2u << 20) /* bytes of registers of gen8 and gen9: drivers/gpu/drm/i915/gvt/gvt.c */
#define VGPU_CHUNK (64u << 10) /* bytes of graphics memory that are allocated at a time */
#define VGPU_RING (4u << 10)   /* bytes of commands */

/* The registers in use, by offset (Intel's programmer's reference manuals for gen8 and
 * gen9). */
#define VGPU_RING_TAIL 0x2030u
#define VGPU_RING_HEAD 0x2034u
#define VGPU_RING_START 0x2038u
#define VGPU_FENCE(n) (0x100000u + 8u * (n))
#define VGPU_FRAME_COUNT 0x70040u
#define VGPU_SURFACE 0x7019cu

/* Sparse memory: a chunk that is NULL is all zeros. */
struct vgpu_memory {
	uint8_t **chunks;
	uint64_t size; /* bytes */
};

/* Two GPUs with equal shapes can exchange state. */
struct vgpu_shape {
	uint32_t generation;
	uint32_t low_mb;
	uint32_t high_mb;
	uint32_t fences;
	uint32_t pci_device;
};

struct vgpu {
	struct vgpu_shape shape;
	uint8_t pci[VGPU_PCI_SPACE];
	uint8_t *mmio;             /* VGPU_MMIO bytes */
	struct vgpu_memory memory; /* low memory, then high memory */
	uint64_t *marks;
	uint64_t work; /* state of the generator of the guest's next command */
};

/* -ENOMEM. */
int vgpu_memory_make(struct vgpu_memory *memory, uint64_t size);
void vgpu_memory_free(struct vgpu_memory *memory);
void vgpu_memory_read(const struct vgpu_memory *memory, uint64_t position, void *buffer,
		      size_t len);
/* -ENOMEM: nothing was written. Zeros need no new chunk. A write stays within
 * one chunk. */
int vgpu_memory_write(struct vgpu_memory *memory, uint64_t position, const void *bytes, size_t len);

int vgpu_make(struct vgpu *vgpu, const struct vgpu_shape *shape, uint64_t seed);
void vgpu_free(struct vgpu *vgpu);
/* Let it run for this many commands. */
void vgpu_run(struct vgpu *vgpu, unsigned commands);

/* The config: a head, PCI space and registers, always VGPU_CONFIG bytes, little-
 * endian. */
#define VGPU_CONFIG_HEAD 64u
#define VGPU_CONFIG (VGPU_CONFIG_HEAD + VGPU_PCI_SPACE + VGPU_MMIO)
#define VGPU_CONFIG_VERSION 1u
void vgpu_config_put(const struct vgpu *vgpu, uint8_t *bytes);
/* NULL, or what is wrong; then the device is unchanged. */
const char *vgpu_config_get(struct vgpu *vgpu, const uint8_t *bytes, size_t len);

#endif
