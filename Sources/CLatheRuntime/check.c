// Checks a program once, so that the walker need not.
#include "CLatheRuntime.h"

/// The loops that are open at some step.
typedef struct nesting {
  uint32_t begins[LATHE_MAX_LOOP_DEPTH];
  int32_t depth;
} nesting;

static bool is_known(const lathe_program *program, const nesting *loops, int32_t symbol) {
  return symbol >= 0 ? (uint32_t)symbol < program->symbol_count : -1 - symbol < loops->depth;
}

static lathe_program_fault check_argument(const lathe_program *program, const nesting *loops,
                                          const lathe_argument *argument) {
  if (argument->slot >= program->slot_count) return LATHE_PROGRAM_SLOT_OUT_OF_RANGE;
  if (argument->stride != 0 && !is_known(program, loops, argument->symbol)) {
    return LATHE_PROGRAM_SYMBOL_OUT_OF_RANGE;
  }
  return LATHE_PROGRAM_FINE;
}

static lathe_program_fault check_call(const lathe_program *program, const nesting *loops,
                                      const lathe_step *step) {
  if (step->kernel == NULL) return LATHE_PROGRAM_KERNEL_MISSING;
  if (step->chunk <= 0) return LATHE_PROGRAM_CHUNK_NOT_POSITIVE;
  if (step->argument_count > LATHE_MAX_ARGUMENTS) return LATHE_PROGRAM_TOO_MANY_ARGUMENTS;
  if (step->symbol_count > LATHE_MAX_SYMBOLS) return LATHE_PROGRAM_TOO_MANY_SYMBOLS;
  for (uint32_t i = 0; i < step->argument_count; i++) {
    lathe_program_fault fault = check_argument(program, loops, &step->arguments[i]);
    if (fault != LATHE_PROGRAM_FINE) return fault;
  }
  for (uint32_t i = 0; i < step->symbol_count; i++) {
    if (!is_known(program, loops, step->symbols[i])) return LATHE_PROGRAM_SYMBOL_OUT_OF_RANGE;
  }
  return LATHE_PROGRAM_FINE;
}

static lathe_program_fault check_begin(const lathe_program *program, nesting *loops,
                                       uint32_t index) {
  uint32_t end = program->steps[index].match;
  if (end <= index || end >= program->step_count) return LATHE_PROGRAM_LOOPS_UNMATCHED;
  const lathe_step *closing = &program->steps[end];
  if (closing->kind != LATHE_STEP_LOOP_END || closing->match != index) {
    return LATHE_PROGRAM_LOOPS_UNMATCHED;
  }
  if (loops->depth == LATHE_MAX_LOOP_DEPTH) return LATHE_PROGRAM_LOOPS_TOO_DEEP;
  loops->begins[loops->depth++] = index;
  return LATHE_PROGRAM_FINE;
}

static lathe_program_fault check_end(nesting *loops, const lathe_step *step) {
  if (loops->depth == 0 || loops->begins[loops->depth - 1] != step->match) {
    return LATHE_PROGRAM_LOOPS_UNMATCHED;
  }
  loops->depth--;
  return LATHE_PROGRAM_FINE;
}

static lathe_program_fault check_step(const lathe_program *program, nesting *loops,
                                      uint32_t index) {
  const lathe_step *step = &program->steps[index];
  bool counts = step->kind != LATHE_STEP_LOOP_END && step->count.scale != 0;
  if (counts && !is_known(program, loops, step->count.symbol)) {
    return LATHE_PROGRAM_SYMBOL_OUT_OF_RANGE;
  }
  switch (step->kind) {
    case LATHE_STEP_CALL: return check_call(program, loops, step);
    case LATHE_STEP_LOOP_BEGIN: return check_begin(program, loops, index);
    case LATHE_STEP_LOOP_END: return check_end(loops, step);
  }
  return LATHE_PROGRAM_KIND_UNKNOWN;
}

lathe_program_fault lathe_program_check(const lathe_program *program, uint32_t *step) {
  uint32_t unused;
  if (step == NULL) step = &unused;
  *step = 0;
  if (program->step_count > LATHE_MAX_STEPS) return LATHE_PROGRAM_TOO_MANY_STEPS;
  nesting loops = {.depth = 0};
  for (; *step < program->step_count; ++*step) {
    lathe_program_fault fault = check_step(program, &loops, *step);
    if (fault != LATHE_PROGRAM_FINE) return fault;
  }
  return LATHE_PROGRAM_FINE;
}
