// The native addon: binds the kernel table to Node through N-API, one function of plain numbers for each kernel. It has
// no state for an environment, so several Node workers may load it; the thread pool is shared by all of them.
// It trusts addresses and extents: the TypeScript backend owns the memory and validates shapes.
#include <node_api.h>
#include "kernels.hpp"

namespace {

union Value {
  int i;
  int64_t n;
  double d;
  void* p;
};

// Reads one argument and hands it to the kernel, by the type of the kernel's parameter.
template <class T> struct Argument;
template <> struct Argument<int> {
  static bool read(napi_env env, napi_value value, Value& to) { return napi_get_value_int32(env, value, &to.i) == napi_ok; }
  static int get(const Value& value) { return value.i; }
};
template <> struct Argument<double> {
  static bool read(napi_env env, napi_value value, Value& to) { return napi_get_value_double(env, value, &to.d) == napi_ok; }
  static double get(const Value& value) { return value.d; }
};
template <> struct Argument<int64_t> {
  static bool read(napi_env env, napi_value value, Value& to) {
    double number;
    if (napi_get_value_double(env, value, &number) != napi_ok || !(number > -9e15 && number < 9e15)) return false;
    to.n = (int64_t)number;
    return true;
  }
  static int64_t get(const Value& value) { return value.n; }
};
template <> struct Argument<void*> {
  static bool read(napi_env env, napi_value value, Value& to) {
    if (!Argument<int64_t>::read(env, value, to)) return false;
    to.p = (void*)(uintptr_t)to.n;
    return true;
  }
  static void* get(const Value& value) { return value.p; }
};

napi_value number(napi_env env, double value) {
  napi_value result;
  return napi_create_double(env, value, &result) == napi_ok ? result : nullptr;
}
napi_value status_value(napi_env env, int status) {
  napi_value result;
  return napi_create_int32(env, status, &result) == napi_ok ? result : nullptr;
}

template <class... Parameters, int... I>
LB_INLINE napi_value call(napi_env env, napi_callback_info info, int (*kernel)(Parameters...), lb::Indices<I...>) {
  constexpr size_t COUNT = sizeof...(Parameters);
  napi_value given[COUNT + 1];
  [[maybe_unused]] Value values[COUNT + 1];
  size_t count = COUNT;
  if (napi_get_cb_info(env, info, &count, given, nullptr, nullptr) != napi_ok || count < COUNT ||
      !(Argument<Parameters>::read(env, given[I], values[I]) && ...)) {
    return status_value(env, BAD_ARGUMENT);
  }
  return status_value(env, kernel(Argument<Parameters>::get(values[I])...));
}

template <class... Parameters> constexpr int parameter_count(int (*)(Parameters...)) { return sizeof...(Parameters); }
template <auto kernel> napi_value bind(napi_env env, napi_callback_info info) {
  return call(env, info, kernel, lb::IndexList<parameter_count(kernel)>());
}

// allocate(bytes) -> address of 64-byte aligned memory, 0 where there is none
napi_value allocate(napi_env env, napi_callback_info info) {
  napi_value given[1];
  Value bytes;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  if (count < 1 || !Argument<int64_t>::read(env, given[0], bytes) || bytes.n <= 0) return number(env, 0);
  return number(env, (double)(uintptr_t)lb::allocate_block((size_t)bytes.n));
}

// release(address, bytes)
napi_value release(napi_env env, napi_callback_info info) {
  napi_value given[2];
  Value address, bytes;
  size_t count = 2;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  if (count < 2 || !Argument<void*>::read(env, given[0], address) || !Argument<int64_t>::read(env, given[1], bytes))
    return status_value(env, BAD_ARGUMENT);
  lb::release_block(address.p, (size_t)bytes.n);
  return status_value(env, OK);
}

// Copies between an address and byteOffset.. of a typed array, whose bounds are checked; a throw is a bug of the caller.
napi_value transfer(napi_env env, napi_value array, napi_value offset, napi_value length, napi_value address, bool to_array) {
  Value first, bytes, at;
  napi_typedarray_type type;
  size_t elements;
  void* data;
  static constexpr int sizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  if (napi_get_typedarray_info(env, array, &type, &elements, &data, nullptr, nullptr) != napi_ok ||
      (size_t)type >= sizeof(sizes) / sizeof(*sizes) || !Argument<int64_t>::read(env, offset, first) ||
      !Argument<int64_t>::read(env, length, bytes) || !Argument<void*>::read(env, address, at)) {
    napi_throw_type_error(env, nullptr, "lookback: expected a typed array, an offset, a length and an address");
    return nullptr;
  }
  int64_t available = (int64_t)elements * sizes[type];
  if (first.n < 0 || bytes.n < 0 || first.n > available || bytes.n > available - first.n) {
    napi_throw_range_error(env, nullptr, "lookback: the range does not lie in the typed array");
    return nullptr;
  }
  if (bytes.n > 0) {
    char* inside = (char*)data + first.n;
    if (to_array) lb::copy_bytes(inside, at.p, (size_t)bytes.n);
    else lb::copy_bytes(at.p, inside, (size_t)bytes.n);
  }
  return status_value(env, OK);
}

// read(typedArray, byteOffset, byteLength, address)
napi_value read(napi_env env, napi_callback_info info) {
  napi_value given[4];
  size_t count = 4;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  return transfer(env, given[0], given[1], given[2], given[3], true);
}

// write(address, typedArray, byteOffset, byteLength)
napi_value write(napi_env env, napi_callback_info info) {
  napi_value given[4];
  size_t count = 4;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  return transfer(env, given[1], given[2], given[3], given[0], false);
}

napi_value abi(napi_env env, napi_callback_info) { return number(env, lb::KERNEL_ABI); }
napi_value simd_width(napi_env env, napi_callback_info) { return number(env, lb::W); }
napi_value fused(napi_env env, napi_callback_info) { return number(env, lb::is_fused()); }

}  // namespace

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
#define LB_PROPERTY(camel, name, parameters, passed) \
  {#camel, nullptr, bind<lb::name>, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  const napi_property_descriptor properties[] = {
      LB_KERNELS(LB_PROPERTY)
      {"allocate", nullptr, allocate, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"release", nullptr, release, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"read", nullptr, read, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"write", nullptr, write, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"abi", nullptr, abi, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"simdWidth", nullptr, simd_width, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"fused", nullptr, fused, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, sizeof(properties) / sizeof(*properties), properties);
  return exports;
}
