// Checks a program once, so that the walker need not.
#include "CLatheRuntime.h"

/// The loops, branches and sections that are open at some step.
typedef struct nesting {
  uint32_t begins[LATHE_MAX_NESTING];
  int32_t size;
  /// The loops that are open.
  int32_t depth;
  /// The counters that may be read: those of the open loops, and that of a loop that has ended
  /// before in the same block.
  int32_t known;
} nesting;

static bool is_known(const lathe_program *program, const nesting *blocks, int32_t symbol) {
  return symbol >= 0 ? (uint32_t)symbol < program->symbol_count : -1 - symbol < blocks->known;
}

static lathe_program_fault check_argument(const lathe_program *program, const nesting *blocks,
                                          const lathe_argument *argument) {
  if (argument->term_count > LATHE_MAX_TERMS) return LATHE_PROGRAM_TOO_MANY_TERMS;
  for (uint32_t i = 0; i < argument->term_count; i++) {
    if (!is_known(program, blocks, argument->terms[i].symbol)) {
      return LATHE_PROGRAM_SYMBOL_OUT_OF_RANGE;
    }
  }
  if (argument->slot == LATHE_SLOT_COUNTER) {
    bool names_a_loop = argument->term_count == 1 && argument->terms->symbol < 0;
    return names_a_loop ? LATHE_PROGRAM_FINE : LATHE_PROGRAM_SLOT_OUT_OF_RANGE;
  }
  return argument->slot < program->slot_count ? LATHE_PROGRAM_FINE
                                              : LATHE_PROGRAM_SLOT_OUT_OF_RANGE;
}

static lathe_program_fault check_arguments(const lathe_program *program, const nesting *blocks,
                                           const lathe_step *step) {
  if (step->argument_count > LATHE_MAX_ARGUMENTS) return LATHE_PROGRAM_TOO_MANY_ARGUMENTS;
  for (uint32_t i = 0; i < step->argument_count; i++) {
    lathe_program_fault fault = check_argument(program, blocks, &step->arguments[i]);
    if (fault != LATHE_PROGRAM_FINE) return fault;
  }
  return LATHE_PROGRAM_FINE;
}

static lathe_program_fault check_call(const lathe_program *program, const nesting *blocks,
                                      const lathe_step *step) {
  if (step->kernel == NULL) return LATHE_PROGRAM_KERNEL_MISSING;
  if (step->chunk <= 0) return LATHE_PROGRAM_CHUNK_NOT_POSITIVE;
  if (step->symbol_count > LATHE_MAX_SYMBOLS) return LATHE_PROGRAM_TOO_MANY_SYMBOLS;
  for (uint32_t i = 0; i < step->symbol_count; i++) {
    if (!is_known(program, blocks, step->symbols[i])) return LATHE_PROGRAM_SYMBOL_OUT_OF_RANGE;
  }
  return LATHE_PROGRAM_FINE;
}

/// The fault of a block that does not end where it says.
static lathe_program_fault unmatched(lathe_step_kind kind) {
  bool is_loop = kind == LATHE_STEP_LOOP_BEGIN || kind == LATHE_STEP_LOOP_END ||
                 kind == LATHE_STEP_LOOP_TEST;
  return is_loop ? LATHE_PROGRAM_LOOPS_UNMATCHED : LATHE_PROGRAM_BLOCKS_UNMATCHED;
}

/// Opens the block that begins at step `index`; a block of kind `end` closes it, or of `other`.
static lathe_program_fault open_block(const lathe_program *program, nesting *blocks,
                                      uint32_t index, lathe_step_kind end,
                                      lathe_step_kind other) {
  const lathe_step *step = &program->steps[index];
  if (step->match <= index || step->match >= program->step_count) return unmatched(step->kind);
  lathe_step_kind found = program->steps[step->match].kind;
  if (found != end && found != other) return unmatched(step->kind);
  if (step->kind == LATHE_STEP_LOOP_BEGIN && blocks->depth == LATHE_MAX_LOOP_DEPTH) {
    return LATHE_PROGRAM_LOOPS_TOO_DEEP;
  }
  if (blocks->size == LATHE_MAX_NESTING) return LATHE_PROGRAM_BLOCKS_TOO_DEEP;
  blocks->begins[blocks->size++] = index;
  return LATHE_PROGRAM_FINE;
}

/// Closes the innermost block, which must end at step `index`.
static lathe_program_fault close_block(const lathe_program *program, nesting *blocks,
                                       uint32_t index) {
  const lathe_step *step = &program->steps[index];
  if (blocks->size == 0) return unmatched(step->kind);
  uint32_t begin = blocks->begins[blocks->size - 1];
  if (program->steps[begin].match != index) return unmatched(step->kind);
  bool names_its_begin = step->kind == LATHE_STEP_LOOP_END || step->kind == LATHE_STEP_SECTION_END;
  if (names_its_begin && step->match != begin) return unmatched(step->kind);
  blocks->size--;
  blocks->known = blocks->depth;
  return LATHE_PROGRAM_FINE;
}

/// Checks that step `index` tests the innermost loop.
static lathe_program_fault check_test(const lathe_program *program, const nesting *blocks,
                                      uint32_t index) {
  if (blocks->size == 0) return LATHE_PROGRAM_LOOPS_UNMATCHED;
  const lathe_step *begin = &program->steps[blocks->begins[blocks->size - 1]];
  bool is_loop = begin->kind == LATHE_STEP_LOOP_BEGIN;
  return is_loop && begin->match == program->steps[index].match ? LATHE_PROGRAM_FINE
                                                               : LATHE_PROGRAM_LOOPS_UNMATCHED;
}

static lathe_program_fault check_else(const lathe_program *program, nesting *blocks,
                                      uint32_t index) {
  lathe_program_fault fault = close_block(program, blocks, index);
  if (fault != LATHE_PROGRAM_FINE) return fault;
  return open_block(program, blocks, index, LATHE_STEP_END_IF, LATHE_STEP_END_IF);
}

static lathe_program_fault check_kind(const lathe_program *program, nesting *blocks,
                                      uint32_t index) {
  const lathe_step *step = &program->steps[index];
  lathe_program_fault fault;
  switch (step->kind) {
    case LATHE_STEP_CALL: return check_call(program, blocks, step);
    case LATHE_STEP_LOOP_BEGIN:
      fault = open_block(program, blocks, index, LATHE_STEP_LOOP_END, LATHE_STEP_LOOP_END);
      if (fault == LATHE_PROGRAM_FINE) blocks->known = ++blocks->depth;
      return fault;
    case LATHE_STEP_LOOP_END:
      fault = close_block(program, blocks, index);
      if (fault == LATHE_PROGRAM_FINE) blocks->known = blocks->depth--;
      return fault;
    case LATHE_STEP_LOOP_TEST: return check_test(program, blocks, index);
    case LATHE_STEP_IF:
      return open_block(program, blocks, index, LATHE_STEP_ELSE, LATHE_STEP_END_IF);
    case LATHE_STEP_ELSE: return check_else(program, blocks, index);
    case LATHE_STEP_END_IF: return close_block(program, blocks, index);
    case LATHE_STEP_SECTION_BEGIN:
      return open_block(program, blocks, index, LATHE_STEP_SECTION_END, LATHE_STEP_SECTION_END);
    case LATHE_STEP_SECTION_END: return close_block(program, blocks, index);
  }
  return LATHE_PROGRAM_KIND_UNKNOWN;
}

static lathe_program_fault check_step(const lathe_program *program, nesting *blocks,
                                      uint32_t index) {
  const lathe_step *step = &program->steps[index];
  if (step->count.scale != 0 && !is_known(program, blocks, step->count.symbol)) {
    return LATHE_PROGRAM_SYMBOL_OUT_OF_RANGE;
  }
  lathe_program_fault fault = check_arguments(program, blocks, step);
  if (fault != LATHE_PROGRAM_FINE) return fault;
  bool decides = step->kind == LATHE_STEP_LOOP_TEST || step->kind == LATHE_STEP_IF;
  if (decides && step->argument_count != 1) return LATHE_PROGRAM_ARGUMENT_MISSING;
  return check_kind(program, blocks, index);
}

lathe_program_fault lathe_program_check(const lathe_program *program, uint32_t *step) {
  uint32_t unused;
  if (step == NULL) step = &unused;
  *step = 0;
  if (program->step_count > LATHE_MAX_STEPS) return LATHE_PROGRAM_TOO_MANY_STEPS;
  nesting blocks = {.size = 0, .depth = 0, .known = 0};
  for (; *step < program->step_count; ++*step) {
    lathe_program_fault fault = check_step(program, &blocks, *step);
    if (fault != LATHE_PROGRAM_FINE) return fault;
  }
  return LATHE_PROGRAM_FINE;
}
