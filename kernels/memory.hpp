// Large blocks of memory, 64-byte aligned, and scratch memory for each thread. Blocks come from the host's allocator
// on native and from growing the shared memory on WebAssembly (so the TypeScript side and the kernels may grow it
// independently: whoever grows owns the new pages). This is not a malloc for small things; the backend pools buffers.
#pragma once
#include "vector.hpp"
#ifndef __wasm__
#include <pthread.h>
#include <stdlib.h>
#endif

namespace lb {

// an empty tensor may have no address, and memcpy(0, 0, 0) is undefined
LB_INLINE void copy_bytes(void* to, const void* from, size_t count) {
  if (count) __builtin_memcpy(to, from, count);
}
LB_INLINE void zero_floats(float* p, int64_t count) {
  if (count) __builtin_memset(p, 0, (size_t)count * 4);
}

// Asks for the line of memory at p; WebAssembly cannot.
LB_INLINE void ask_for(const float* p) {
#ifndef __wasm__
  __builtin_prefetch(p);
#endif
}

// Results far larger than the nearer caches go past them, so that no line is read from memory only to be overwritten.
// Smaller ones stay, for whoever reads them next. Callers end with stream_end() on each thread.
LB_INLINE bool streams(const void* out, int64_t rows, int64_t columns) {
#ifdef __x86_64__
  return rows * columns >= 1 << 23 && columns % 16 == 0 && ((uintptr_t)out & 63) == 0;
#else
  return (void)out, (void)rows, (void)columns, false;
#endif
}
LB_INLINE void stream16(float* p, Lanes a) {
#if defined(__x86_64__) && LB_WIDTH == 16
  _mm512_stream_ps(p, a.part[0]);
#elif defined(__x86_64__) && LB_WIDTH == 8
  LB_EACH_PART _mm256_stream_ps(p + part * W, a.part[part]);
#elif defined(__x86_64__)
  LB_EACH_PART _mm_stream_ps(p + part * W, a.part[part]);
#else
  store16(p, a);
#endif
}
LB_INLINE void store_or_stream16(float* p, Lanes a, int n, bool stream) {
  if (stream) stream16(p, a);
  else store16(p, a, n);
}
LB_INLINE void stream_end() {
#ifdef __x86_64__
  _mm_sfence();
#endif
}

#ifdef __wasm__

constexpr size_t PAGE = 65536;
// Free blocks in the order of their addresses; neighbours are merged when freed.
struct FreeBlock {
  size_t bytes;
  FreeBlock* next;
};
inline FreeBlock* free_blocks = nullptr;
inline int free_lock = 0;
LB_INLINE void lock_blocks() {
  while (__atomic_exchange_n(&free_lock, 1, __ATOMIC_ACQUIRE)) {
  }
}
LB_INLINE void unlock_blocks() { __atomic_store_n(&free_lock, 0, __ATOMIC_RELEASE); }

// Whole pages; nullptr when the memory is exhausted.
LB_NOINLINE void* allocate_block(size_t bytes) {
  if (bytes == 0 || bytes > (size_t)-1 - PAGE) return nullptr;
  bytes = (bytes + PAGE - 1) / PAGE * PAGE;
  lock_blocks();
  FreeBlock** link = &free_blocks;
  while (*link && (*link)->bytes < bytes) link = &(*link)->next;
  FreeBlock* found = *link;
  if (found) {
    if (found->bytes > bytes) {
      FreeBlock* rest = (FreeBlock*)((char*)found + bytes);
      *rest = {found->bytes - bytes, found->next};
      *link = rest;
    } else *link = found->next;
  }
  unlock_blocks();
  if (found) return found;
  size_t page = __builtin_wasm_memory_grow(0, bytes / PAGE);
  return page == (size_t)-1 ? nullptr : (void*)(page * PAGE);
}

LB_NOINLINE void release_block(void* address, size_t bytes) {
  if (!address || bytes == 0) return;
  bytes = (bytes + PAGE - 1) / PAGE * PAGE;
  lock_blocks();
  FreeBlock *before = nullptr, *after = free_blocks, *block = (FreeBlock*)address;
  while (after && after < block) before = after, after = after->next;
  *block = {bytes, after};
  (before ? before->next : free_blocks) = block;
  if (after && (char*)block + block->bytes == (char*)after) *block = {block->bytes + after->bytes, after->next};
  if (before && (char*)before + before->bytes == (char*)block) *before = {before->bytes + block->bytes, block->next};
  unlock_blocks();
}

#else

LB_INLINE void* allocate_block(size_t bytes) {
  void* address = nullptr;
  return bytes && posix_memalign(&address, 64, bytes) == 0 ? address : nullptr;
}
LB_INLINE void release_block(void* address, size_t) { free(address); }

#endif

// Slots 0 to 5 are for kernels (a kernel may use them all); gemm.hpp keeps its packed operands in 6 to 8 and
// 11, reduce.hpp its partial results in 9 and 10, so that kernels may call those while they use their own.
constexpr int SCRATCH_SLOTS = 12, SLOT_PACKED_B = 6, SLOT_PACKED_A = 7, SLOT_PANEL = 8, SLOT_PARTIAL = 9, SLOT_CENTER = 10,
              SLOT_BAND = 11;
struct Scratch {
  void* block[SCRATCH_SLOTS];
  size_t bytes[SCRATCH_SLOTS];
};
inline thread_local Scratch thread_scratch = {};

#ifndef __wasm__
// Threads of Node workers end: their scratch is freed by the destructor of a pthread key.
inline pthread_key_t scratch_key;
inline void free_scratch(void* scratch) {
  Scratch* s = (Scratch*)scratch;
  for (int slot = 0; slot < SCRATCH_SLOTS; slot++) free(s->block[slot]);
}
inline void make_scratch_key() { pthread_key_create(&scratch_key, free_scratch); }
LB_INLINE void register_scratch() {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_scratch_key);
  pthread_setspecific(scratch_key, &thread_scratch);
}
#else
LB_INLINE void register_scratch() {}
#endif

LB_NOINLINE float* grow_scratch(size_t bytes, int slot) {
  Scratch& s = thread_scratch;
  register_scratch();
  size_t rounded = 65536;
  while (rounded < bytes && rounded <= (size_t)-1 / 4) rounded += rounded / 2;
  release_block(s.block[slot], s.bytes[slot]);
  s.bytes[slot] = 0;
  s.block[slot] = allocate_block(rounded < bytes ? bytes : rounded);
  if (s.block[slot]) s.bytes[slot] = rounded < bytes ? bytes : rounded;
  return (float*)s.block[slot];
}

// This thread's own memory; its contents are lost when the same slot is asked for more. nullptr: out of memory.
LB_INLINE float* scratch(size_t floats, int slot = 0) {
  if (floats > (size_t)-1 / 4) return nullptr;
  Scratch& s = thread_scratch;
  if (s.block[slot] && floats * 4 <= s.bytes[slot]) return (float*)s.block[slot];
  return grow_scratch(floats * 4, slot);
}

}  // namespace lb
