// One pool of threads for the process. A job is a number of chunks that depends on shapes only; threads claim chunks
// from an atomic counter and the caller takes part, so it never waits for a thread that was not scheduled. A busy pool
// (nested call, another Node worker) means running inline. Not a task queue: one job at a time.
#pragma once
#include "memory.hpp"
#ifndef __wasm__
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#endif

namespace lb {

constexpr int MAXIMUM_THREADS = 256;

struct Pool {
  // gate: job number (upper 16 bits), open (bit 15), workers inside the job (lower 15 bits)
  alignas(64) uint32_t gate = 0;
  alignas(64) uint64_t claimed = 0;  // chunks claimed from the first on (lower half) and from the last on
  alignas(64) int64_t chunks = 0;
  void (*run)(void* body, int64_t chunk) = nullptr;
  void* body = nullptr;
  alignas(64) int busy = 0;
  int threads = 1;  // the caller included; how many may work on a job
  int started = 1;  // how many exist
  int sleepers = 0;
};
inline Pool pool;
constexpr uint32_t GATE_OPEN = 1u << 15, GATE_COUNT = GATE_OPEN - 1;

LB_INLINE void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

#ifdef __wasm__
LB_INLINE void yield_core() {}
LB_INLINE void sleep_at_gate(uint32_t seen) {
  __atomic_add_fetch(&pool.sleepers, 1, __ATOMIC_SEQ_CST);
  __builtin_wasm_memory_atomic_wait32((int*)&pool.gate, (int)seen, -1);
  __atomic_sub_fetch(&pool.sleepers, 1, __ATOMIC_SEQ_CST);
}
LB_INLINE void wake(int count) { __builtin_wasm_memory_atomic_notify((int*)&pool.gate, (unsigned)count); }
#else
inline pthread_mutex_t gate_mutex = PTHREAD_MUTEX_INITIALIZER;
inline pthread_cond_t gate_changed = PTHREAD_COND_INITIALIZER;
LB_INLINE void yield_core() { sched_yield(); }
LB_NOINLINE void sleep_at_gate(uint32_t seen) {
  pthread_mutex_lock(&gate_mutex);
  __atomic_add_fetch(&pool.sleepers, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&pool.gate, __ATOMIC_SEQ_CST) == seen) pthread_cond_wait(&gate_changed, &gate_mutex);
  __atomic_sub_fetch(&pool.sleepers, 1, __ATOMIC_SEQ_CST);
  pthread_mutex_unlock(&gate_mutex);
}
LB_NOINLINE void wake(int count) {
  pthread_mutex_lock(&gate_mutex);
  while (count-- > 0) pthread_cond_signal(&gate_changed);
  pthread_mutex_unlock(&gate_mutex);
}
#endif

// The caller takes chunks from the first on, workers from the last on: what one kernel wrote is then mostly in the cache
// of the thread that reads it in the next.
LB_INLINE void claim_chunks(bool from_the_end) {
  for (;;) {
    uint64_t claimed = __atomic_fetch_add(&pool.claimed, from_the_end ? 1ull << 32 : 1, __ATOMIC_RELAXED);
    int64_t before = (uint32_t)claimed, after = claimed >> 32;
    if (before + after >= pool.chunks) return;
    pool.run(pool.body, from_the_end ? pool.chunks - 1 - after : before);
  }
}

// A worker's life: watch the gate for some 100 us (operations follow one another closely), then sleep.
[[noreturn]] LB_NOINLINE void serve_forever() {
  uint32_t last = 0;
  int idle = 0;
  for (;;) {
    uint32_t gate = __atomic_load_n(&pool.gate, __ATOMIC_SEQ_CST);
    bool room = (int)(gate & GATE_COUNT) + 1 < __atomic_load_n(&pool.threads, __ATOMIC_RELAXED);
    if ((gate & GATE_OPEN) && gate >> 16 != last && room) {
      // entering counts us in, which keeps the caller from reusing the job until we have left
      if (!__atomic_compare_exchange_n(&pool.gate, &gate, gate + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) continue;
      last = gate >> 16;
      claim_chunks(true);
      __atomic_sub_fetch(&pool.gate, 1, __ATOMIC_RELEASE);
      idle = 0;
    } else if (++idle < 100) {
      // a pause takes up to 140 cycles, so each looks whether work has come; WebAssembly has none
#ifdef __wasm__
      constexpr int LOOKS = 1024;
#else
      constexpr int LOOKS = 32;
#endif
      int i = 0;
      while (i < LOOKS && __atomic_load_n(&pool.gate, __ATOMIC_RELAXED) == gate) relax(), i++;
      if (i == LOOKS) yield_core();
    } else {
      sleep_at_gate(gate);
      idle = 0;
    }
  }
}

LB_NOINLINE bool run_pool(int64_t chunks, void (*run)(void*, int64_t), void* body) {
  if (__atomic_exchange_n(&pool.busy, 1, __ATOMIC_ACQUIRE)) return false;
  pool.run = run;
  pool.body = body;
  pool.chunks = chunks;
  __atomic_store_n(&pool.claimed, 0, __ATOMIC_RELAXED);
  uint32_t number = (__atomic_load_n(&pool.gate, __ATOMIC_RELAXED) >> 16) + 1;
  __atomic_store_n(&pool.gate, (number & 0xffff ? number : 1) << 16 | GATE_OPEN, __ATOMIC_SEQ_CST);
  int sleepers = __atomic_load_n(&pool.sleepers, __ATOMIC_SEQ_CST);
  if (sleepers > 0) wake(chunks - 1 < sleepers ? (int)(chunks - 1) : sleepers);
  claim_chunks(false);
  uint32_t gate = __atomic_and_fetch(&pool.gate, ~GATE_OPEN, __ATOMIC_ACQUIRE);
  for (int spins = 0; gate & GATE_COUNT; spins++) {
    relax();
    if (spins > 2000) yield_core();
    gate = __atomic_load_n(&pool.gate, __ATOMIC_ACQUIRE);
  }
  __atomic_store_n(&pool.busy, 0, __ATOMIC_RELEASE);
  return true;
}

// body(chunk) for every chunk in 0..chunks-1, in any order and on any thread; returns when all are done.
template <class F> LB_INLINE void parallel(int64_t chunks, F&& body) {
  if (chunks > 1 && __atomic_load_n(&pool.threads, __ATOMIC_RELAXED) > 1) {
    auto run = [](void* context, int64_t chunk) { (*(__typeof__(&body))context)(chunk); };
    if (run_pool(chunks, run, (void*)&body)) return;
  }
  for (int64_t chunk = 0; chunk < chunks; chunk++) body(chunk);
}

// Chunks of a fixed size over count elements: body(first, size). The usual loop of elementwise kernels.
constexpr int64_t ELEMENT_CHUNK = 16384;
template <class F> LB_INLINE void parallel_elements(int64_t count, F&& body) {
  if (count < 2 * ELEMENT_CHUNK) {
    if (count > 0) body((int64_t)0, count);
    return;
  }
  parallel((count + ELEMENT_CHUNK - 1) / ELEMENT_CHUNK, [&](int64_t chunk) {
    int64_t first = chunk * ELEMENT_CHUNK, left = count - first;
    body(first, left < ELEMENT_CHUNK ? left : ELEMENT_CHUNK);
  });
}

// Rows of a [rows, columns] array, some ELEMENT_CHUNK elements a chunk: body(first_row, row_count).
template <class F> LB_INLINE void parallel_rows(int64_t rows, int64_t columns, F&& body) {
  int64_t per = columns < 1 ? ELEMENT_CHUNK : (ELEMENT_CHUNK + columns - 1) / columns;
  if (rows <= 0) return;
  if (rows * (columns < 1 ? 1 : columns) < 2 * ELEMENT_CHUNK) return body((int64_t)0, rows);
  parallel((rows + per - 1) / per, [&](int64_t chunk) {
    int64_t first = chunk * per, left = rows - first;
    body(first, left < per ? left : per);
  });
}

// From now on at most count threads (the caller included) work on a job. Native: starts those that do not exist yet;
// they are never ended. WebAssembly: the host has started count - 1 workers (see wasm.cpp).
LB_NOINLINE int start_threads(int count) {
  if (count > MAXIMUM_THREADS) count = MAXIMUM_THREADS;
#ifndef __wasm__
  static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&starting);
  // Node unloads an addon when the last worker that loaded it ends; our threads would be left without their code
  static bool pinned = false;
  if (!pinned) {
    Dl_info info;
    if (dladdr((void*)&start_threads, &info)) dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
    pinned = true;
  }
  // signals belong to the host's threads
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (pool.started < count) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, [](void*) -> void* { serve_forever(); }, nullptr) != 0) break;
    pthread_detach(thread);
    pool.started++;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (count > pool.started) count = pool.started;
  pthread_mutex_unlock(&starting);
#endif
  __atomic_store_n(&pool.threads, count < 1 ? 1 : count, __ATOMIC_RELAXED);
  return OK;
}

}  // namespace lb
