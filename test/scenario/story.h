/* A story: the lines of one scenario, and what the runner does with each. */
#ifndef WRIT_TEST_SCENARIO_STORY_H
#define WRIT_TEST_SCENARIO_STORY_H

#include "world.h"

struct story_line {
    uint32_t number;
    struct str verb;
    struct str rest;
};

struct story {
    struct str title;
    struct str file;
    struct story_lines VEC(struct story_line) lines;
};

/* Reads a .scn file's text; false, with a sentence, if a line means nothing. */
bool story_parse(struct str text, struct arena *arena, struct story *ret_story,
                 struct str *ret_problem);
/*
 * Plays it. checked: expectations hold (the plain run). Without, only what must hold in every
 * world does: nothing twice, nothing lost, the log replays, no secret in sight.
 */
void story_play(const struct story *story, struct world *world, bool checked);
/* Afterwards: what must hold in every world. */
void story_invariants(const struct story *story, struct world *world);

#endif
