/* The services of ITApiFactory, on our side: a table of questions (hosts/jvm Services.java). An answer is u8 1 and
 * values, or u8 0 and why not. What the server has no content for (partner directory, number ranges) is empty here,
 * as on a tenant where nobody has put anything. */
#include "base/time.h"
#include "engine/simple.h"
#include "steps/data_store.h"
#include "steps/script_run.h"

enum { ARGS_MAX = 8 };

struct asked {
    struct exchange *x;
    str args[ARGS_MAX];
    struct buf *out;
};

static bool credential_of(struct asked *q, const char *kind, struct credential *ret, struct err *e)
{
    const struct engine_config *c = engine_config(q->x->engine);
    if (!c->credential)
        return err_set(e, ERR_NOT_FOUND, "there is no secure store");
    return c->credential(c->credential_arg, kind, q->args[0], q->x->arena, ret, e);
}

static bool ask_credential(struct asked *q, struct err *e)
{
    static const char *const kinds[] = {"UserCredential", "SecureParameter",
                                        "OAuth2ClientCredential"};
    struct credential c = {0};
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (credential_of(q, kinds[i], &c, e)) {
            wire_u8(q->out, 1);
            wire_text(q->out, c.user.p ? c.user : q->args[0]);
            wire_text(q->out, c.password.p ? c.password : STR(""));
            return true;
        } else if (e->code != ERR_NOT_FOUND) {
            return false;
        }
    return err_set(e, ERR_NOT_FOUND, "Could not fetch the credential for alias '" STR_FMT "'",
                   STR_ARG(q->args[0]));
}

static bool ask_keystore(struct asked *q, struct err *e)
{
    struct credential c = {0};
    if (!credential_of(q, "KeystoreEntry", &c, e))
        return false;
    wire_u8(q->out, 1);
    wire_text(q->out, c.cert);
    wire_text(q->out, c.key);
    return true;
}

static bool ask_value_mapping(struct asked *q, struct err *e)
{
    const struct engine_config *c = engine_config(q->x->engine);
    str target = STR_NONE;
    if (c->value_mapping &&
        !c->value_mapping(c->value_mapping_arg, q->args, q->x->arena, &target, e))
        return false;
    wire_u8(q->out, 1);
    wire_text(q->out, target);
    return true;
}

static bool ask_nothing(struct asked *q, struct err *e)
{
    (void)e;
    wire_u8(q->out, 1);
    wire_text(q->out, STR_NONE);
    return true;
}

static bool ask_empty_list(struct asked *q, struct err *e)
{
    (void)e;
    wire_u8(q->out, 1);
    wire_i32(q->out, 0);
    return true;
}

static bool ask_number_range(struct asked *q, struct err *e)
{
    return err_set(e, ERR_NOT_FOUND, "there is no number range '" STR_FMT "'", STR_ARG(q->args[0]));
}

/* ---- data stores: store, flow ("": global), entry id ---- */

static struct data_store_key key_of(const struct asked *q)
{
    return (struct data_store_key){q->args[0], q->args[1]};
}

static bool ask_store_get(struct asked *q, struct err *e)
{
    struct data_store_key k = key_of(q);
    struct data_store_entry entry;
    bool found;
    if (!data_store_find(q->x, &k, q->args[2], &entry, &found, e))
        return false;
    wire_u8(q->out, 1);
    wire_text(q->out, !found ? STR_NONE : entry.payload.p ? entry.payload : STR(""));
    return true;
}

static bool commit(struct asked *q, struct pending_write *w, struct err *e)
{
    if (w->now && !store_commit_wait(engine_config(q->x->engine)->store, w->batch, e))
        return false;
    wire_u8(q->out, 1);
    return true;
}

static int64_t number_or(str s, int64_t otherwise)
{
    int64_t n;
    return str_to_i64(s, &n) ? n : otherwise;
}

static bool ask_store_put(struct asked *q, struct err *e)
{
    const int64_t day = 86400000, now = time_now_ms();
    struct data_store_key k = key_of(q);
    struct pending_write w = pending_begin(q->x);
    struct data_store_entry entry = {.id = q->args[2],
                                     .payload = q->args[3],
                                     .headers = STR(""),
                                     .created_at = now,
                                     .due_at = now + number_or(q->args[5], 2 * day),
                                     .retain_until = now + number_or(q->args[6], 30 * day)};
    data_store_put(q->x, &w, &k, &entry, str_eqz(q->args[4], "true"));
    return commit(q, &w, e);
}

static bool ask_store_delete(struct asked *q, struct err *e)
{
    struct data_store_key k = key_of(q);
    struct pending_write w = pending_begin(q->x);
    data_store_remove(q->x, &w, &k, q->args[2]);
    return commit(q, &w, e);
}

/* ---- Simple, on the message as it was before the script ---- */

static bool ask_simple(struct asked *q, struct err *e)
{
    struct simple *s;
    str text;
    if (!simple_compile(q->x->arena, q->args[0], SIMPLE_TEXT, &s, e) ||
        !simple_text(s, q->x, q->x->arena, &text, e))
        return false;
    wire_u8(q->out, 1);
    wire_text(q->out, text);
    return true;
}

static bool ask_condition(struct asked *q, struct err *e)
{
    struct simple *s;
    bool truth;
    if (!simple_compile(q->x->arena, q->args[0], SIMPLE_CONDITION, &s, e) ||
        !simple_truth(s, q->x, &truth, e))
        return false;
    wire_u8(q->out, 1);
    wire_text(q->out, truth ? STR("true") : STR("false"));
    return true;
}

static const struct {
    const char *name;
    uint32_t nargs;
    bool (*fn)(struct asked *q, struct err *e);
} questions[] = {
    {"credential",          1, ask_credential   },
    {"keystore",            1, ask_keystore     },
    {"valuemapping",        5, ask_value_mapping},
    {"partner.text",        2, ask_nothing      },
    {"partner.binary",      2, ask_nothing      },
    {"partner.id",          3, ask_nothing      },
    {"partner.alternative", 3, ask_nothing      },
    {"partner.of-user",     1, ask_nothing      },
    {"partner.users",       1, ask_empty_list   },
    {"partner.list",        3, ask_empty_list   },
    {"numberrange",         2, ask_number_range },
    {"datastore.get",       3, ask_store_get    },
    {"datastore.put",       7, ask_store_put    },
    {"datastore.delete",    3, ask_store_delete },
    {"simple",              1, ask_simple       },
    {"condition",           1, ask_condition    },
};

static bool find_answer(struct asked *q, struct wire_in *in, struct err *e)
{
    str what = wire_read_text(in);
    uint32_t n = wire_read_i32(in);
    for (uint32_t i = 0; i < n && i < ARGS_MAX; i++) {
        str arg = wire_read_text(in);
        q->args[i] = arena_str(q->x->arena, arg.p ? arg : STR(""));
    }
    for (size_t i = 0; i < COUNT(questions) && !in->failed; i++)
        if (str_eqz(what, questions[i].name) && n == questions[i].nargs)
            return questions[i].fn(q, e);
    return err_set(e, ERR_NOT_IMPLEMENTED, "the service '" STR_FMT "'", STR_ARG(what));
}

void script_ask(struct exchange *x, str question, struct buf *answer)
{
    struct wire_in in = {.rest = question};
    struct asked q = {.x = x, .out = answer};
    struct err e = {0};
    if (find_answer(&q, &in, &e))
        return;
    wire_u8(answer, 0);
    wire_text(answer, str_of(e.msg));
}
