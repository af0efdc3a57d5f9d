#include "fake.h"

#include "format/xml.h"

/* ---- what the server does ---- */
str http_header(const struct http_headers *h, const char *name)
{
    for (size_t i = 0; i < h->list.n; i++)
        if (str_eq_nocase(h->list.at[i].name, str_of(name)))
            return h->list.at[i].value;
    return STR_NONE;
}

void http_set(struct http_request *r, const char *name, str value)
{
    for (size_t i = 0; i < r->response.headers.list.n; i++)
        if (str_eq_nocase(r->response.headers.list.at[i].name, str_of(name))) {
            r->response.headers.list.at[i].value = value;
            return;
        }
    vec_add(r->arena, &r->response.headers.list, (struct http_header){str_of(name), value});
}

static int replies;
void http_reply(struct http_request *r)
{
    (void)r;
    replies++;
}

/* ---- the library ---- */
#define M "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
const char library_edmx[] =
    "<edmx:Edmx Version='1.0' xmlns:edmx='http://schemas.microsoft.com/ado/2007/06/edmx' xmlns:m='" M
    "' "
    "xmlns:tm='urn:tidemill:odata'><edmx:DataServices m:DataServiceVersion='2.0'>"
    "<Schema Namespace='LIB' xmlns='http://schemas.microsoft.com/ado/2008/09/edm'>"
    "<EntityType Name='Author' tm:table='author'><Key><PropertyRef Name='Id'/></Key>"
    "<Property Name='Id' Type='Edm.String' Nullable='false' MaxLength='20'/>"
    "<Property Name='Name' Type='Edm.String' MaxLength='10'/>"
    "<Property Name='Born' Type='LIB.Place' Nullable='false'/>"
    "<Property Name='Secret' Type='Edm.String' tm:hidden='true'/>"
    "<NavigationProperty Name='Books' Relationship='LIB.AB' FromRole='a' ToRole='b'/></EntityType>"
    "<ComplexType Name='Place'><Property Name='City' Type='Edm.String'/><Property Name='Year' Type='Edm.Int32'/></ComplexType>"
    "<EntityType Name='Book' tm:table='book' tm:index='pages'><Key><PropertyRef Name='No'/><PropertyRef Name='Lang'/></Key>"
    "<Property Name='No' Type='Edm.Int64' Nullable='false'/>"
    "<Property Name='Lang' Type='Edm.String' Nullable='false'/>"
    "<Property Name='Title' Type='Edm.String'/>"
    "<Property Name='Pages' Type='Edm.Int32' Nullable='false'/>"
    "<Property Name='Rare' Type='Edm.Boolean'/>"
    "<Property Name='Price' Type='Edm.Decimal' Precision='8' Scale='2'/>"
    "<Property Name='Weight' Type='Edm.Double'/>"
    "<Property Name='Printed' Type='Edm.DateTime'/>"
    "<Property Name='AuthorId' Type='Edm.String'/>"
    "<NavigationProperty Name='Author' Relationship='LIB.AB' FromRole='b' ToRole='a'/>"
    "<NavigationProperty Name='Shelves' Relationship='LIB.BS' FromRole='b' ToRole='s'/></EntityType>"
    "<EntityType Name='Shelf' m:HasStream='true'><Key><PropertyRef Name='Id'/></Key>"
    "<Property Name='Id' Type='Edm.String' Nullable='false'/><Property Name='Width' Type='Edm.Int32'/></EntityType>"
    "<Association Name='AB'><End Type='LIB.Author' Multiplicity='0..1' Role='a'/><End Type='LIB.Book' Multiplicity='*' Role='b'/>"
    "<ReferentialConstraint><Principal Role='a'><PropertyRef Name='Id'/></Principal>"
    "<Dependent Role='b'><PropertyRef Name='AuthorId'/></Dependent></ReferentialConstraint></Association>"
    "<Association Name='BS'><End Type='LIB.Book' Multiplicity='*' Role='b'/><End Type='LIB.Shelf' Multiplicity='*' Role='s'/></Association>"
    "<EntityContainer Name='C' m:IsDefaultEntityContainer='true'>"
    "<EntitySet Name='Authors' EntityType='LIB.Author' tm:operations='list read create update delete'/>"
    "<EntitySet Name='Books' EntityType='LIB.Book' tm:operations='list read create update delete' tm:status='201 202 202'/>"
    "<EntitySet Name='Copies' EntityType='LIB.Book' tm:operations='list read' tm:hook='copies' tm:listed='false'/>"
    "<EntitySet Name='Shelves' EntityType='LIB.Shelf' tm:operations='' tm:nav-operations='list read update delete' "
    "tm:hook='shelves' tm:read='Librarian' tm:write='Librarian' tm:status='201 202'/>"
    "<EntitySet Name='Closed' EntityType='LIB.Shelf' tm:listed='false'/>"
    "<EntitySet Name='Few' EntityType='LIB.Book' tm:operations='list' tm:options='top filter' tm:page='2' tm:listed='false'/>"
    "<FunctionImport Name='Count' ReturnType='Edm.Int32' m:HttpMethod='GET' tm:hook='count'>"
    "<Parameter Name='lang' Type='Edm.String' Nullable='false'/><Parameter Name='max' Type='Edm.Int32'/></FunctionImport>"
    "<FunctionImport Name='Print' ReturnType='Edm.String' m:HttpMethod='POST' tm:hook='print' tm:status='202'/>"
    "<FunctionImport Name='Longest' ReturnType='LIB.Book' EntitySet='Books' m:HttpMethod='GET' tm:hook='longest'/>"
    "<FunctionImport Name='Long' ReturnType='Collection(LIB.Book)' EntitySet='Books' m:HttpMethod='GET' tm:hook='long'/>"
    "<FunctionImport Name='Nothing' ReturnType='Edm.String' m:HttpMethod='GET'/>"
    "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>";

/* Copies: the books, but as a hook would hand them out. */
static bool list_copies(struct odata_call *c, entities *ret, struct err *e)
{
    return odata_rows(c, c->set->type, NULL, NULL, 0, ret, e);
}

/* Shelves S1 and S2 of every book; the path says which. */
static bool list_shelves(struct odata_call *c, entities *ret, struct err *e)
{
    (void)e;
    for (int i = 1; i <= 2; i++) {
        struct entity *en = entity_new(c->arena, c->set->type);
        entity_set(en, "Id", VALUE_TEXT(arena_fmt(c->arena, "S%d", i)));
        entity_set(en, "Width", VALUE_INT(entity_at(c->parent, "No")->i * 10 + i));
        vec_add(c->arena, ret, en);
    }
    return true;
}

static bool update_shelf(struct odata_call *c, struct entity *in, struct err *e)
{
    assert_true(c->links && c->npath == 2 && !entity_given(in, "Id"));
    return entity_at(in, "Width")->i == 5 ||
           err_set(e, ERR_CONFLICT, "width %d", (int)entity_at(in, "Width")->i);
}

static bool shelf_media(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    if (!str_eqz(entity_text(c->key, "Id"), "S1"))
        return err_set(e, ERR_NOT_FOUND, "%s", "");
    *ret = (struct odata_raw){
        .content_type = STR("image/png"), .filename = STR("s1.png"), .blob = blob_copy(STR("PNG"))};
    return true;
}

static bool shelf_media_put(struct odata_call *c, str type, struct blob *in, struct err *e)
{
    (void)c;
    return (str_eqz(type, "image/png") && blob_size(in) == 3) ||
           err_set(e, ERR_MEDIA_TYPE, "no picture");
}

static bool call_count(struct odata_call *c, const struct value *args, struct odata_result *ret,
                       struct err *e)
{
    (void)e;
    int64_t n = (int64_t)args[0].s.n + (args[1].kind == V_NULL ? 0 : args[1].i);
    if (str_eqz(odata_option(c, "double"), "it's"))
        n *= 2;
    vec_add(c->arena, &ret->values, VALUE_INT(n));
    return true;
}

static bool call_print(struct odata_call *c, const struct value *args, struct odata_result *ret,
                       struct err *e)
{
    (void)c;
    (void)args;
    (void)e;
    ret->raw =
        (struct odata_raw){.content_type = STR("text/plain"), .blob = blob_copy(STR("job-1"))};
    return true;
}

static bool call_longest(struct odata_call *c, const struct value *args, struct odata_result *ret,
                         struct err *e)
{
    (void)args;
    return odata_rows(c, c->function->returns_type, "pages = (SELECT max(pages) FROM book)", NULL,
                      0, &ret->list, e);
}

static bool call_long(struct odata_call *c, const struct value *args, struct odata_result *ret,
                      struct err *e)
{
    (void)args;
    return odata_rows(c, c->function->returns_type, "pages > 10", NULL, 0, &ret->list, e);
}

static bool has_role(const void *user, str role)
{
    assert_str(role, "Librarian");
    return !((const struct world *)user)->deny;
}

void world_open(struct world *w)
{
    static const struct odata_set_hook sets[] = {
        {.name = "copies",     .list = list_copies},
        { .name = "shelves",
         .list = list_shelves,
         .update = update_shelf,
         .media = shelf_media,
         .media_put = shelf_media_put},
    };
    static const struct odata_function_hook functions[] = {
        {"count",   call_count  },
        {"print",   call_print  },
        {"longest", call_longest},
        {"long",    call_long   },
    };
    struct err e = {0};
    *w = (struct world){.a = arena_new()};
    xml_setup();
    if (!model_load(str_of(library_edmx), &w->model, &e))
        fail_msg("%s", e.msg);
    struct store_config store = {.dir = STR(":memory:")};
    assert_true(store_open(&store, &w->store, &e));
    struct odata_config c = {.root = "/lib",
                             .model = w->model,
                             .store = w->store,
                             .sets = sets,
                             .nsets = COUNT(sets),
                             .functions = functions,
                             .nfunctions = COUNT(functions),
                             .ctx = w,
                             .page_size = 4,
                             .has_role = has_role};
    if (!odata_open(&c, &w->service, &e))
        fail_msg("%s (%s)", e.msg, e.ctx);
}

void world_close(struct world *w)
{
    odata_close(w->service);
    store_close(w->store);
    model_free(w->model);
    arena_free(w->a);
}

static void header(struct http_request *r, const char *name, const char *value)
{
    if (value)
        vec_add(r->arena, &r->headers.list, (struct http_header){str_of(name), str_of(value)});
}

static const char *header_text(struct http_request *r, const char *name)
{
    return arena_strdup(r->arena, http_header(&r->response.headers, name));
}

/* As a server does: takes a piece; true: and has got another one. */
static bool take(struct http_request *r, struct buf *all)
{
    struct http_response *a = &r->response;
    http_handler *more = a->more;
    buf_add(all, a->blob ? blob_bytes(a->blob) : buf_str(&a->out));
    blob_unref(a->blob);
    a->blob = NULL;
    buf_reset(&a->out);
    a->more = NULL;
    if (more)
        more(a->more_ctx, r);
    return more;
}

struct answer ask(struct world *w, const char *method, const char *path, const char *accept,
                  const char *type, const char *body)
{
    struct http_request *r = arena_new_of(w->a, struct http_request);
    str url = str_of(path);
    size_t query = str_find_char(url, '?', 0);
    r->arena = w->a;
    r->method = str_of(method);
    r->path = arena_fmt(w->a, "/lib/" STR_FMT, STR_ARG(str_sub(url, 0, query)));
    r->query = query == SIZE_MAX ? STR_NONE : str_from(url, query + 1);
    r->url = STR("http://h:1");
    r->user = w;
    r->body = blob_copy(str_of(body ? body : ""));
    r->response.out = BUF(16 << 20);
    header(r, "Accept", accept);
    header(r, "Content-Type", type);
    replies = 0;
    odata_handle(w->service, r);
    assert_int_equal(replies, 1);
    AUTO(buf) struct buf all = BUF(64 << 20);
    int pieces = 1;
    while (take(r, &all)) {
        pieces++;
        assert_int_equal(replies, pieces);
    }
    struct answer ret = {r->response.status,
                         header_text(r, "Content-Type"),
                         arena_strdup(w->a, buf_str(&all)),
                         header_text(r, "Location"),
                         header_text(r, "Content-Disposition"),
                         pieces,
                         r->response.broken};
    buf_free(&r->response.out);
    blob_unref(r->body);
    return ret;
}

struct answer get(struct world *w, const char *path)
{
    return ask(w, "GET", path, "application/json", NULL, NULL);
}

struct answer post(struct world *w, const char *path, const char *json)
{
    return ask(w, "POST", path, "application/json", "application/json", json);
}
