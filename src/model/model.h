/* model: an OData service as its EDMX file says it, with the attributes of urn:tidemill:odata (tm:)
 * that the standard cannot say. Immutable after model_load. docs/EDMX.md lists the vocabulary.
 * A value of a type is flat: complex properties are spread into slots, one per primitive below them,
 * so that an entity is one array of values and a table row is the same array. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H
#include "base/map.h"
#include "base/vec.h"
#include "format/edm.h"

struct model_type;
struct model_set;
struct model_property {
    str name, uri_name; /* uri_name: percent-encoded, here and below */
    enum edm type;
    const struct model_type *complex; /* EDM_COMPLEX only */
    bool nullable, is_key, concurrency;
    unsigned max_length; /* 0: none */
    unsigned precision, scale;
    struct value initial; /* DefaultValue, or null */
    str column;     /* tm:column; defaults to the name in snake case; a prefix for complex ones */
    str feed_path;  /* m:FC_TargetPath="SyndicationTitle": its element in Atom; STR_NONE: none */
    bool feed_only; /* m:FC_KeepInContent="false": there and not in the content */
    bool read_only; /* tm:readonly: ignored in bodies */
    bool hidden;    /* tm:hidden: always written as null (secrets) */
    uint16_t slot, slots; /* its values within those of the type that declares it */
};
/* One primitive value of a type: where it stands and in which column it is kept. */
struct model_slot {
    const struct model_property
        *property;        /* the innermost one; a hidden one for a column of tm:columns */
    str path;             /* "Position/Lat"; the column's name for those of tm:columns */
    str column;           /* "position_lat", also NUL-terminated */
    enum value_kind kind; /* of its values */
};
struct model_join {
    uint16_t own, theirs; /* slots of this type and of the target */
};
/* An association that no property can hold, as many to many: its pairs of entities stand in a table of their
 * own, the keys of ends[0] in columns a0, a1, .., those of ends[1] in b0, b1, .. */
struct model_links {
    str table;
    const struct model_type *ends[2];
    bool many[2]; /* false: that end is at most one entity for each of the other */
};
struct model_nav {
    str name, uri_name;
    const struct model_type *target;
    const struct model_set *set; /* where the targets live; NULL: in no set, cannot be followed */
    bool many;
    /* Referential constraint, or tm:join="own=theirs, .." of properties or tm:columns. Without joins and links
     * only a hook can follow it. */
    VEC(struct model_join) joins;
    const struct model_links *links; /* or NULL */
    unsigned end;                    /* ours in links */
    str relationship, to_role;
};
struct model_type {
    str name, qualified;
    const struct model_type *base;
    bool complex, abstract, has_stream;
    bool in_feeds;                         /* some property has a feed_path */
    VEC(struct model_property) properties; /* inherited ones first */
    VEC(struct model_nav) navs;
    VEC(uint16_t) keys; /* indexes into properties */
    /* Those of the properties, then those of tm:columns="message_guid Edm.String, ..": columns
     * beyond the properties, never served. */
    VEC(struct model_slot) slots;
    str table;        /* tm:table; STR_NONE: no rows, a hook answers */
    int media_slot;   /* tm:media: content type of its stream, kept beside it; -1: a hook has it */
    VEC(str) indexes; /* tm:index="a, b DESC; c", in column names */
    uint16_t index;   /* its place in model.types */
};
enum { SET_LIST = 1, SET_READ = 2, SET_CREATE = 4, SET_UPDATE = 8, SET_DELETE = 16 };
struct model_set {
    str name, uri_name;
    const struct model_type *type;
    unsigned operations;     /* tm:operations="list read create update delete"; 0: 501 */
    unsigned nav_operations; /* tm:nav-operations: through a navigation; the same when not given */
    bool all_options;        /* no tm:options: every system query option is served */
    VEC(str) options;        /* tm:options="filter top", without '$' */
    str read_role, write_role;                       /* tm:read, tm:write; STR_NONE: any user */
    str hook;                                        /* tm:hook, or STR_NONE */
    int status_create, status_update, status_delete; /* tm:status="201 204 204" */
    unsigned page;                                   /* tm:page: rows per answer; 0: the server's */
    bool searchable;                                 /* sap:searchable */
    bool in_service_document;                        /* tm:listed="false" takes it out */
    uint16_t index;                                  /* its place in model.sets */
};
struct model_function {
    str name, method, hook, role;
    VEC(struct model_property) parameters;
    const struct model_type *returns_type; /* entity or complex */
    enum edm returns;                      /* EDM_COUNT: nothing, or returns_type */
    bool returns_many;
    const struct model_set *set;
    int status; /* tm:status; default 200, or 204 when it returns nothing */
};
struct model {
    struct arena *arena;
    str ns, container;     /* of the default one */
    struct map containers; /* by name: the prefixes that a set may have in a path */
    VEC(str) remarks;      /* what a stranger's document gets wrong and is left out, line by line */
    str metadata; /* the EDMX with every tm: attribute and the namespace removed: $metadata */
    VEC(struct model_type *) types;
    VEC(struct model_set *) sets;
    VEC(struct model_function *) functions;
    VEC(struct model_links *) links;
    struct map types_by_name, sets_by_name, functions_by_name;
};
/* Loads and checks; errors (ERR_BAD_REQUEST) name line and attribute. The model owns its arena.
 * A document without any tm: is a stranger's: every type gets a table of its own, and navigations
 * without a constraint are joined by equal names, by hidden columns or by links (stranger.c). What such
 * a document gets wrong is left out, with a remark; ours has no such mercy. */
bool model_load(str edmx, struct model **ret, struct err *e) MUST_USE;
void model_free(struct model *m); /* NULL is fine */
/* Whether rows say where it leads. */
static inline bool model_nav_kept(const struct model_nav *nav)
{
    return nav->joins.n || nav->links;
}
/* Slot of the i-th key property. */
static inline uint16_t model_key_slot(const struct model_type *t, size_t i)
{
    return t->properties.at[t->keys.at[i]].slot;
}
/* Look-ups; NULL: no such name. Names are case-sensitive. */
const struct model_type *model_type_named(const struct model *m, str name); /* plain or qualified */
const struct model_set *model_set_named(const struct model *m, str name);
const struct model_set *model_set_of_type(const struct model *m, const struct model_type *t);
const struct model_function *model_function_named(const struct model *m, str name);
const struct model_property *model_property_named(const struct model_type *t, str name);
const struct model_nav *model_nav_named(const struct model_type *t, str name);
/* Slot of a primitive by its path ("Id", "IntegrationArtifact/Id"), or -1. */
int model_slot_named(const struct model_type *t, str path);
#endif
