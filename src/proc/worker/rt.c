/* The runtime that wasm2c's output calls, with our landing place for traps and no signals. */
#define WASM_RT_SKIP_SIGNAL_RECOVERY 1
#define WASM_RT_TRAP_HANDLER         worker__vm_trap

void worker__vm_trap(int code) __attribute__((noreturn));

#include <wasm-rt-impl.c> /* NOLINT(bugprone-suspicious-include): as it is meant to be built */
