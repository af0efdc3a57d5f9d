/* Inside the model room: what the parts of the loader share. */
#ifndef MODEL_LOAD_H
#define MODEL_LOAD_H
#include "format/xml.h"
#include "model/model.h"

#define MODEL_TM "urn:tidemill:odata"
#define MODEL_M "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
#define MODEL_SAP "http://www.sap.com/Protocols/SAPData"
enum {
    MODEL_MAX_SLOTS = 4096,       /* of one type */
    MODEL_MAX_ALL_SLOTS = 500000, /* of all types together */
    MODEL_MAX_PARTS = 16384,      /* types, sets */
    MODEL_MAX_DEPTH = 64          /* of bases and complex types */
};

struct loader {
    struct model *m;
    struct arena *a;
    size_t slots, depth; /* all so far; of the type being filled */
    bool annotated;      /* the document knows tm: at all; else everything is served from tables */
    struct map declarations; /* qualified or plain type name -> struct declaration */
    struct map associations; /* qualified name -> struct association */
    struct map tables;       /* lower-case table names that are taken */
    struct map links;        /* association and the types of its ends -> struct model_links */
    VEC(const struct xml_node *) containers; /* the default one first */
};
struct declaration {
    struct model_type *type;
    const struct xml_node *node;
    str ns;
    enum { DECLARED, FILLING, FILLED } state;
};
struct end {
    str role, type, set;
    bool many;
    VEC(str) refs; /* of the referential constraint */
};
struct association {
    str name;
    struct end ends[2];
};
/* false with "line N: <element> 'Name': text". */
bool load_fail(struct err *e, const struct xml_node *at, const char *fmt, ...) PRINTF(3, 4);
/* The same for what is beyond a limit; never forgiven. */
bool load_too_large(struct err *e, const struct xml_node *at, const char *text);
/* true: what failed stands in a stranger's document; it is left out and remarked on. */
bool load_forgive(struct loader *l, const struct err *e);
str load_attr(struct loader *l, const struct xml_node *n, const char *name); /* kept in the arena */
str load_tm(struct loader *l, const struct xml_node *n, const char *name);   /* the same for tm: */
/* What has that qualified name; a stranger's namespace may be a wrong one. NULL: nothing. */
void *load_named(const struct loader *l, const struct map *names, str name);
bool load_flag(str value, bool otherwise); /* "true" or "false" */
/* "Edm.String"; strangers also leave out the prefix. Not for complex types. */
bool load_primitive(const struct loader *l, str type, enum edm *ret);
/* A property, or a function's parameter. Complex types must be loaded already. */
bool load_property(struct loader *l, const struct xml_node *n, struct model_property *ret,
                   struct err *e) MUST_USE;

str name_snake(struct arena *a, str name); /* "MessageGuid" -> "message_guid" */
/* Names go into documents and URIs as they are: no quotes, blanks, slashes, control characters. */
bool name_is_plain(str name);
/* A hidden column behind the slots there are; returns its slot. */
uint16_t load_hidden(struct loader *l, struct model_type *t, str column, enum edm type);

/* ---- stranger.c: documents that know no tm: ---- */
/* Table, unique columns, the column of the media type. */
void stranger_table(struct loader *l, struct model_type *t);
/* Joins of a navigation whose association has no constraint. */
void stranger_join(struct loader *l, struct model_type *t, struct model_nav *nav,
                   const struct association *as, const struct end *from, const struct end *to);
void stranger_index(struct loader *l, const struct model_nav *nav);
str metadata_strip(struct arena *a, str edmx);
/* The document in UTF-8, which $metadata promises, without a byte order mark. */
str metadata_utf8(struct arena *a, str edmx, const struct xml_doc *doc);
/* ---- declare.c ---- */
/* Types, associations and containers of a schema. */
bool declare_schema(struct loader *l, const struct xml_node *schema, struct err *e) MUST_USE;
/* Names that <Using> gives; once all schemas are declared. */
void declare_aliases(struct loader *l, const struct xml_node *services);

/* Navigations of all types, once all slots and sets are known. */
bool load_all_navs(struct loader *l, struct err *e) MUST_USE;
/* EntitySets, AssociationSets and FunctionImports of all containers. */
bool load_containers(struct loader *l, struct err *e) MUST_USE;
#endif
