// A tiny addon that says which instruction sets this processor and operating system offer, so that the loader picks
// the shared object it can run. Compiled without any instruction-set flag: it must load on every x64 machine.

#include <node_api.h>

namespace {

void put(napi_env env, napi_value object, const char* name, bool present) {
  napi_value value;
  napi_get_boolean(env, present, &value);
  napi_set_named_property(env, object, name, value);
}

// features() -> { avx2, fma, avx512f, avx512dq, avx512bw, avx512vl }, each true or false; nothing on arm64,
// where NEON with fused multiply-add is part of every processor.
// __builtin_cpu_supports also asks the operating system (XGETBV) whether it saves the wide registers.
napi_value features(napi_env env, napi_callback_info) {
  napi_value object;
  if (napi_create_object(env, &object) != napi_ok) return nullptr;
#if defined(__x86_64__)
  __builtin_cpu_init();
  put(env, object, "avx2", __builtin_cpu_supports("avx2") != 0);
  put(env, object, "fma", __builtin_cpu_supports("fma") != 0);
  put(env, object, "avx512f", __builtin_cpu_supports("avx512f") != 0);
  put(env, object, "avx512dq", __builtin_cpu_supports("avx512dq") != 0);
  put(env, object, "avx512bw", __builtin_cpu_supports("avx512bw") != 0);
  put(env, object, "avx512vl", __builtin_cpu_supports("avx512vl") != 0);
#endif
  return object;
}

}  // namespace

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  napi_value function;
  if (napi_create_function(env, "features", NAPI_AUTO_LENGTH, features, nullptr, &function) != napi_ok) return exports;
  napi_set_named_property(env, exports, "features", function);
  return exports;
}
