/* kit: small programs and steps for the engine's tests, and a synchronous way to run them. */
#ifndef TEST_ENGINE_KIT_H
#define TEST_ENGINE_KIT_H
#include "../test.h"
#include "engine/control.h"
#include "engine/engine.h"

extern const struct step_type kit_append; /* cfg: const char *, appended to the body */
extern const struct step_type kit_fail;   /* cfg: const char *, the message; class x.Oops */
extern const struct step_type kit_fail_if; /* cfg: const char *: fails when the body is that */
extern const struct step_type kit_wait;   /* resumed by another thread, perhaps before run returns */
extern const struct step_type kit_park;   /* parked until kit_release */
extern const struct step_type kit_block;  /* on the blocking pool */
extern const struct step_type kit_count;  /* property n plus 1; CamelLoopIndex is appended to the body */
struct kit_split {
    bool stop, streaming;
    unsigned parallel, timeout_ms;
};
extern const struct step_type kit_split;  /* cfg: struct kit_split; parts are what stands between commas */
extern const struct step_type kit_gather; /* bodies of the parts, joined by '|' */
extern const struct step_type kit_effect; /* writes a row into table effect */
void kit_release(void);                   /* all that are parked */
size_t kit_parked(void);
extern atomic_int kit_blocking_threads;   /* steps that ran on a thread of the blocking pool */

struct program *kit_program(void); /* process 0: main */
uint16_t kit_local(struct program *p);
/* Adds steps one after the other: type, cfg, ... NULL. Returns the first. */
uint32_t kit_steps(struct program *p, uint16_t process, ...);
uint32_t kit_last(const struct program *p);
void kit_handler(struct program *p, uint16_t process, uint32_t entry);
struct simple *kit_condition(struct program *p, const char *text);

struct engine *kit_engine(struct store *s);
void kit_deploy(struct engine *g, struct program *p, uint32_t entry, const char *id);
struct kit_result {
    char body[4096], error[600], message_id[40], custom[64];
    enum err_code code;
    enum message_status status;
    bool null_body;
};
struct kit_result kit_run(struct engine *g, const char *id, const char *body, bool has_reply);
/* Deploys p, runs it once with body, closes. */
struct kit_result kit_once(struct program *p, uint32_t entry, const char *body);
void kit_tables(struct store *s);
#endif
