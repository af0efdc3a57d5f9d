/* The initial rows: JSON by entity sets, in one file or in a file per set. */
#include "services/mock/parts.h"

#include "base/codec.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FILE_LIMIT = 512 << 20 };

/* Takes a member out of an object that we own. */
static str take_member(struct jr *object, const char *key)
{
    struct jr *before = NULL;
    for (struct jr *c = object->first; c; before = c, c = c->next) {
        if (!str_eqz(c->key, key))
            continue;
        *(before ? &before->next : &object->first) = c->next;
        object->n--;
        return c->kind == JR_STRING ? c->s : STR_NONE;
    }
    return STR_NONE;
}

/* The type that the entity itself names: a property that speaks of a media type. */
static str named_type(const struct jr *object)
{
    for (const struct jr *c = object->first; c; c = c->next) {
        bool type = str_ends_nocase(c->key, STR("mimetype")) ||
                    str_ends_nocase(c->key, STR("contenttype")) ||
                    str_ends_nocase(c->key, STR("mime_type")) ||
                    str_ends_nocase(c->key, STR("mediatype"));
        if (type && c->kind == JR_STRING && str_find_char(c->s, '/', 0) != SIZE_MAX)
            return c->s;
    }
    return STR_NONE;
}

static bool add_row(struct mock *m, struct data_set *s, struct jr *object, struct err *e)
{
    struct data_row row = {.object = object};
    if (object->kind != JR_OBJECT)
        return err_set(e, ERR_BAD_REQUEST, "'" STR_FMT "' holds something that is no object",
                       STR_ARG(s->set->name));
    str content = take_member(object, "_content");
    row.content_type = take_member(object, "_content_type");
    if (!row.content_type.p)
        row.content_type = jr_text(jr_get(object, "__metadata"), "content_type");
    if (!row.content_type.p)
        row.content_type = named_type(object);
    if (m->config.data.p)
        mend_object(m, s->set->type, object);
    if (content.p && !base64_decode(m->arena, content, &row.content))
        return err_set(e, ERR_BAD_REQUEST, "'" STR_FMT "': _content is no base64",
                       STR_ARG(s->set->name));
    vec_add(m->arena, &s->rows, row);
    return true;
}

/* [..], {"results": [..]}, {"value": [..]} or one of them in {"d": ..}; a single entity is a list of
 * one. NULL: something else. */
static struct jr *list_of(struct arena *a, struct jr *v)
{
    static const char *const wraps[] = {"d", "results", "value"};
    for (size_t i = 0; i < COUNT(wraps); i++) {
        const struct jr *in = jr_get(v, wraps[i]);
        if (in)
            v = (struct jr *)(uintptr_t)in;
    }
    if (v->kind == JR_OBJECT && v->n) {
        struct jr *list = arena_new_of(a, struct jr);
        *list = (struct jr){.kind = JR_ARRAY, .first = v, .n = 1};
        v->next = NULL;
        v = list;
    }
    return v->kind == JR_ARRAY ? v : NULL;
}

bool data_add(struct mock *m, str name, struct jr *v, struct err *e)
{
    const struct model_set *set = model_set_named(m->model, name);
    if (model_function_named(m->model, name)) {
        map_put(&m->examples, name, v);
        return true;
    }
    if (!set)
        return err_set(e, ERR_BAD_REQUEST,
                       "'" STR_FMT "' is neither an entity set nor a function import",
                       STR_ARG(name));
    struct jr *list = list_of(m->arena, v);
    if (!list)
        return err_set(e, ERR_BAD_REQUEST, "'" STR_FMT "' holds no list of entities",
                       STR_ARG(name));
    struct data_set s = {.set = set};
    for (struct jr *c = list->first; c; c = c->next)
        if (!add_row(m, &s, c, e))
            return false;
    vec_add(m->arena, &m->data, s);
    return true;
}

static bool read_json(struct mock *m, const char *path, struct jr **ret, struct err *e)
{
    str text;
    return (file_read(m->arena, path, FILE_LIMIT, &text, e) && jr_parse(m->arena, text, ret, e)) ||
           err_ctx(e, "%s", path);
}

static bool read_file(struct mock *m, const char *path, struct err *e)
{
    struct jr *root;
    if (!read_json(m, path, &root, e))
        return false;
    if (root->kind != JR_OBJECT)
        return err_set(e, ERR_BAD_REQUEST, "%s: wants an object of entity sets", path);
    for (struct jr *c = root->first; c; c = c->next) {
        if (!str_eqz(c->key, "$functions")) {
            if (!data_add(m, c->key, c, e))
                return err_ctx(e, "%s", path);
            continue;
        }
        for (struct jr *f = c->first; f; f = f->next)
            if (!data_add(m, f->key, f, e))
                return err_ctx(e, "%s", path);
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Set.json, Function.json; in the order of their names, so that a start repeats the one before. */
static bool read_dir(struct mock *m, const char *path, struct err *e)
{
    VEC(const char *) names = {0};
    DIR *d = opendir(path);
    if (!d)
        return err_set(e, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    for (struct dirent *entry; (entry = readdir(d));)
        if (str_ends(str_of(entry->d_name), STR(".json")) && entry->d_name[0] != '.')
            vec_add(m->arena, &names, arena_strdup(m->arena, str_of(entry->d_name)));
    closedir(d);
    if (names.n)
        qsort(names.at, names.n, sizeof *names.at, by_name);
    for (size_t i = 0; i < names.n; i++) {
        str file = str_of(names.at[i]);
        struct jr *v;
        str full = arena_fmt(m->arena, "%s/%s", path, names.at[i]);
        if (!read_json(m, full.p, &v, e))
            return false;
        str name = str_sub(file, 0, file.n - 5);
        if (!model_set_named(m->model, name) && !model_function_named(m->model, name))
            vec_add(m->arena, &m->remarks,
                    arena_fmt(m->arena, STR_FMT ": no set of that name", STR_ARG(file)));
        else if (!data_add(m, name, v, e))
            return err_ctx(e, "%s", full.p);
    }
    return true;
}

bool data_read(struct mock *m, struct err *e)
{
    const char *path = arena_strdup(m->arena, m->config.data);
    struct stat st;
    if (stat(path, &st))
        return err_set(e, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    return S_ISDIR(st.st_mode) ? read_dir(m, path, e) : read_file(m, path, e);
}

/* ---- into the tables ---- */
static bool insert(struct mock *m, struct arena *a, struct store_batch *b, const struct data_set *s,
                   size_t i, struct err *e)
{
    const struct data_row *row = &s->rows.at[i];
    struct entity *en;
    bool ok = odata_entity_of_json(m->service, a, s->set->type, row->object, &en, e);
    if (ok && s->set->type->media_slot >= 0) {
        en->media = blob_copy(row->content.p ? row->content : STR(""));
        en->media_type = row->content_type.p ? row->content_type : STR("application/octet-stream");
    }
    ok = ok && odata_batch_tree(m->service, a, b, s->set, en, e);
    if (ok)
        blob_unref(en->media);
    return ok || err_ctx(e, STR_FMT ", entity %zu", STR_ARG(s->set->name), i + 1);
}

static bool has_rows(const struct model_type *t)
{
    return t->table.p && t->keys.n;
}

static void clear_all(struct mock *m, struct arena *a, struct store_batch *b)
{
    bool *seen = arena_new_array(a, bool, m->model->types.n + 1);
    bool media = false;
    for (size_t i = 0; i < m->model->sets.n; i++) {
        const struct model_type *t = m->model->sets.at[i]->type;
        if (has_rows(t) && !seen[t->index])
            odata_batch_clear(b, t);
        seen[t->index] = true;
        media |= t->media_slot >= 0;
    }
    for (size_t i = 0; i < m->model->links.n; i++)
        odata_batch_clear_links(b, m->model->links.at[i]);
    if (media)
        store_batch_add(b, "DELETE FROM odata_media", NULL, 0);
}

/* What rows do not give and what is never null gets the initial value. */
static void add_initial(struct mock *m, struct arena *a, struct store_batch *b)
{
    for (size_t i = 0; i < m->model->types.n; i++) {
        const struct model_type *t = m->model->types.at[i];
        struct value *binds = arena_new_array(a, struct value, t->slots.n);
        size_t n = 0;
        AUTO(buf) struct buf sql = BUF(1 << 20);
        for (size_t k = 0; has_rows(t) && k < t->slots.n; k++) {
            struct value v = initial_value(t->slots.at[k].property);
            if (v.kind == V_NULL)
                continue;
            buf_addf(&sql, "%s\"" STR_FMT "\" = COALESCE(\"" STR_FMT "\", ?)", n ? ", " : "",
                     STR_ARG(t->slots.at[k].column), STR_ARG(t->slots.at[k].column));
            binds[n++] = v;
        }
        if (n)
            store_batch_add(b,
                            arena_fmt(a, "UPDATE \"" STR_FMT "\" SET " STR_FMT, STR_ARG(t->table),
                                      STR_ARG(buf_str(&sql)))
                                .p,
                            binds, n);
    }
}

bool data_reset(struct mock *m, struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    struct store_batch *b = store_batch_new();
    bool ok = true;
    clear_all(m, a, b);
    for (size_t i = 0; ok && i < m->data.n; i++)
        for (size_t k = 0; ok && k < m->data.at[i].rows.n; k++)
            ok = insert(m, a, b, &m->data.at[i], k, e);
    if (m->config.data.p)
        add_initial(m, a, b);
    if (!ok) {
        store_batch_free(b);
        return false;
    }
    if (!store_commit_wait(m->config.store, b, e))
        return false;
    pthread_mutex_lock(&m->giving);
    for (size_t i = 0; i < m->model->types.n; i++)
        memset(m->given[i], 0, m->model->types.at[i]->keys.n * sizeof **m->given);
    pthread_mutex_unlock(&m->giving);
    return true;
}

static bool any_row(void *arg, const struct value *columns, size_t n)
{
    (void)columns, (void)n;
    *(bool *)arg = true;
    return false;
}

bool data_is_there(struct mock *m, bool *ret, struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    *ret = false;
    for (size_t i = 0; i < m->model->sets.n && !*ret; i++) {
        const struct model_type *t = m->model->sets.at[i]->type;
        str sql = arena_fmt(a, "SELECT 1 FROM \"" STR_FMT "\" LIMIT 1", STR_ARG(t->table));
        if (has_rows(t) && !store_query(m->config.store, sql.p, NULL, 0, any_row, ret, e))
            return false;
    }
    return true;
}
