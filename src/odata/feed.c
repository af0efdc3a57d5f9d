#include "odata/feed.h"

#include "odata/write.h"

static const struct place {
    const char *path, *element, *child; /* child NULL: the element's own text */
} places[] = {
    {"SyndicationTitle",            "title",       NULL   },
    {"SyndicationUpdated",          "updated",     NULL   },
    {"SyndicationAuthorName",       "author",      "name" },
    {"SyndicationAuthorUri",        "author",      "uri"  },
    {"SyndicationAuthorEmail",      "author",      "email"},
    {"SyndicationContributorName",  "contributor", "name" },
    {"SyndicationContributorUri",   "contributor", "uri"  },
    {"SyndicationContributorEmail", "contributor", "email"},
    {"SyndicationPublished",        "published",   NULL   },
    {"SyndicationRights",           "rights",      NULL   },
    {"SyndicationSummary",          "summary",     NULL   },
};
enum { HEAD = 2 /* title and updated have their own place in an entry */ };

static const struct model_property *property_at(const struct model_type *t, const char *path)
{
    for (size_t i = 0; i < t->properties.n; i++)
        if (str_eqz(t->properties.at[i].feed_path, path))
            return &t->properties.at[i];
    return NULL;
}

str feed_text(struct odata_request *rq, const struct entity *en, const char *path)
{
    const struct model_property *p = en->type->in_feeds ? property_at(en->type, path) : NULL;
    if (!p || p->complex || en->values[p->slot].kind == V_NULL)
        return STR_NONE;
    AUTO(buf) struct buf text = BUF(1 << 20), safe = BUF(8 << 20);
    bool atom_date = p->type == EDM_DATETIME; /* which is without a zone */
    edm_write_text(&text, p->type, en->values[p->slot]);
    xml_escape(&safe, buf_str(&text), false);
    buf_addz(&safe, atom_date ? "Z" : "");
    return arena_str(rq->arena, buf_str(&safe));
}

void feed_elements(struct odata_request *rq, const struct entity *en)
{
    const char *open = "";
    for (size_t i = HEAD; en->type->in_feeds && i < COUNT(places); i++) {
        const struct place *p = &places[i];
        str text = feed_text(rq, en, p->path);
        if (*open && strcmp(open, p->element)) {
            buf_addf(rq->out, "</%s>", open);
            open = "";
        }
        if (!text.p)
            continue;
        if (!p->child) {
            buf_addf(rq->out, "<%s>" STR_FMT "</%s>", p->element, STR_ARG(text), p->element);
            continue;
        }
        if (!*open)
            buf_addf(rq->out, "<%s>", open = p->element);
        buf_addf(rq->out, "<%s>" STR_FMT "</%s>", p->child, STR_ARG(text), p->child);
    }
}

bool feed_read(struct arena *a, const struct xml_node *entry, struct entity *en, struct err *e)
{
    for (size_t i = 0; en->type->in_feeds && i < COUNT(places); i++) {
        const struct model_property *p = property_at(en->type, places[i].path);
        const struct xml_node *n = xml_child(entry, places[i].element);
        if (n && places[i].child)
            n = xml_child(n, places[i].child);
        if (!n || !p || p->complex || !p->feed_only || en->given[p->slot])
            continue;
        str text = xml_text(a, n);
        if (p->type == EDM_DATETIME && str_ends(text, STR("Z")))
            text.n--;
        if (!text.n && p->type != EDM_STRING)
            continue;
        if (!body_text(a, p, text, &en->values[p->slot], e))
            return false;
        en->given[p->slot] = true;
    }
    return true;
}
