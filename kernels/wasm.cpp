// The WebAssembly module: exports the kernel table over one shared memory that it imports. No libc; memory comes from
// growing. What the loader (TypeScript) must do:
//
//   memory = new WebAssembly.Memory({ initial: 64, maximum: up to 65536, shared: true })
//   main   = instantiate(module, { env: { memory } }); it initialises the data and its own thread-local block.
//            64 initial pages are enough; fewer than the module asks for are refused by name.
//   main.tileHeight(4) if its compiler spills the vector registers of a tile of six rows.
//   address = main.allocate(bytes); a fresh view of memory.buffer for every access, for growing replaces the buffer.
//
// For each further thread i = 1 .. count - 1 (a worker with the same module and memory):
//   block = main.allocate(workerBytes())            // by the main instance: the worker has no stack yet
//   in the worker, before anything else is called:
//     worker = instantiate(module, { env: { memory } })
//     worker.__stack_pointer.value = block + workerStackBytes()   // the stack grows down from there
//     worker.__wasm_init_tls(block + workerStackBytes())          // thread-local storage lies above the stack
//     worker.workerMain()                                         // never returns: terminate the worker to end it
//   finally main.threadsStart(count); a worker that is not up yet is simply not waited for.
//
// The main instance never waits on an atomic, it spins, so it may live on a browser's main thread.
#include "kernels.hpp"

#define LB_EXPORT(name) extern "C" __attribute__((export_name(name)))

constexpr int WORKER_STACK = 1 << 18;

#define LB_WASM_KERNEL(camel, name, parameters, passed) \
  LB_EXPORT(#camel) int export_##name parameters { return lb::name passed; }
LB_KERNELS(LB_WASM_KERNEL)

// bytes and addresses as float64: JavaScript would see a large i32 as negative
LB_EXPORT("allocate") double export_allocate(double bytes) {
  return bytes > 0 && bytes < 4294967296.0 ? (double)(size_t)lb::allocate_block((size_t)bytes) : 0;
}
LB_EXPORT("release") void export_release(void* address, double bytes) { lb::release_block(address, (size_t)bytes); }
LB_EXPORT("abi") double export_abi() { return lb::KERNEL_ABI; }
LB_EXPORT("simdWidth") int export_simd_width() { return lb::W; }
LB_EXPORT("fused") int export_fused() { return lb::is_fused(); }
LB_EXPORT("tileHeight") void export_tile_height(int rows) { lb::tile_height = rows; }
LB_EXPORT("workerStackBytes") int export_worker_stack_bytes() { return WORKER_STACK; }
LB_EXPORT("workerBytes") int export_worker_bytes() { return WORKER_STACK + (int)__builtin_wasm_tls_size(); }
LB_EXPORT("workerMain") void export_worker_main() { lb::serve_forever(); }
