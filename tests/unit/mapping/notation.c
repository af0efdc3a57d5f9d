#include "notation.h"

#include "format/xml.h"

#include <stdio.h>
#include <stdlib.h>

struct reader {
    struct arena *a;
    str rest;
    struct buf *out;
};

static void skip(struct reader *r)
{
    while (r->rest.n && (r->rest.p[0] == ' ' || r->rest.p[0] == ','))
        r->rest = str_from(r->rest, 1);
}

static bool take(struct reader *r, const char *what)
{
    skip(r);
    if (!str_starts(r->rest, str_of(what)))
        return false;
    r->rest = str_from(r->rest, strlen(what));
    return true;
}

static str until(struct reader *r, const char *ends)
{
    size_t n = 0;
    while (n < r->rest.n && !strchr(ends, r->rest.p[n]))
        n++;
    str s = str_sub(r->rest, 0, n);
    r->rest = str_from(r->rest, n);
    return s;
}

static void param(struct reader *r, str name, str value)
{
    buf_addf(r->out, "<param name=\"" STR_FMT "\"><value>", STR_ARG(name));
    if (str_starts(value, STR("<")))
        buf_add(r->out, value);
    else
        xml_escape(r->out, value, false);
    buf_addz(r->out, "</value></param>");
}

static void bindings(struct reader *r)
{
    buf_addz(r->out, "<bindings>");
    while (!take(r, "]")) {
        skip(r);
        str name = until(r, "=");
        take(r, "=");
        bool quoted = r->rest.n && r->rest.p[0] == '\'';
        if (quoted)
            r->rest = str_from(r->rest, 1);
        str value = until(r, quoted ? "'" : ",]");
        if (quoted)
            r->rest = str_from(r->rest, 1);
        param(r, name, value);
    }
    buf_addz(r->out, "</bindings>");
}

static void expression(struct reader *r);

static void inputs(struct reader *r)
{
    for (int pin = 0; !take(r, ")"); pin++) {
        if (pin)
            buf_addf(r->out, "<arg pin=\"%d\">", pin);
        else
            buf_addz(r->out, "<arg>");
        expression(r);
        buf_addz(r->out, "</arg>");
    }
}

static void source(struct reader *r)
{
    str path = until(r, " ,(){}");
    buf_addf(r->out, "<brick type=\"Src\" gid=\"0\" path=\"" STR_FMT "\"", STR_ARG(path));
    if (r->rest.n && r->rest.p[0] == '{') {
        r->rest = str_from(r->rest, 1);
        str context = until(r, "}");
        r->rest = str_from(r->rest, 1);
        buf_addf(r->out, " context=\"" STR_FMT "\"", STR_ARG(context));
    }
    buf_addz(r->out, "/>");
}

static void constant(struct reader *r)
{
    str value = until(r, "'");
    r->rest = str_from(r->rest, 1);
    buf_addz(r->out, "<brick type=\"Func\" fname=\"const\" fns=\"dflt\"><bindings>");
    param(r, STR("value"), value);
    buf_addz(r->out, "</bindings></brick>");
}

static void function(struct reader *r)
{
    str name = until(r, "[("), library = STR("dflt"), uid = STR("");
    size_t assign = str_find(name, STR(":="), 0), colon;
    if (assign != SIZE_MAX) {
        uid = str_sub(name, 0, assign);
        name = str_from(name, assign + 2);
    }
    colon = str_find_char(name, ':', 0);
    if (colon != SIZE_MAX) {
        library = str_sub(name, 0, colon);
        name = str_from(name, colon + 1);
    }
    buf_addf(r->out, "<brick type=\"Func\" fname=\"" STR_FMT "\" fns=\"" STR_FMT "\"",
             STR_ARG(name), STR_ARG(library));
    if (uid.n)
        buf_addf(r->out, " object_uid=\"" STR_FMT "\"", STR_ARG(uid));
    buf_addz(r->out, ">");
    if (take(r, "["))
        bindings(r);
    if (take(r, "("))
        inputs(r);
    buf_addz(r->out, "</brick>");
}

static void reference(struct reader *r)
{
    str uid = until(r, ",)");
    buf_addf(r->out, "<brick object_uid=\"" STR_FMT "\"/>", STR_ARG(uid));
}

static void expression(struct reader *r)
{
    if (take(r, "'"))
        constant(r);
    else if (take(r, "$"))
        reference(r);
    else if (skip(r), r->rest.n && r->rest.p[0] == '/')
        source(r);
    else
        function(r);
}

/* ---- the schema ---- */

struct line {
    size_t level;
    str name, min, max, value, path;
};

static size_t schema_level(struct buf *out, const struct line *lines, size_t n, size_t i)
{
    size_t level = lines[i].level, end = i + 1;
    if (lines[i].name.p[0] == '@') {
        buf_addf(out, "<xs:attribute name=\"" STR_FMT "\" use=\"%s\"/>",
                 STR_ARG(str_from(lines[i].name, 1)),
                 str_eqz(lines[i].min, "1") ? "required" : "optional");
        return end;
    }
    buf_addf(out, "<xs:element name=\"" STR_FMT "\"", STR_ARG(lines[i].name));
    if (level)
        buf_addf(out, " minOccurs=\"" STR_FMT "\" maxOccurs=\"%s\"", STR_ARG(lines[i].min),
                 str_eqz(lines[i].max, "*") ? "unbounded" : lines[i].max.p);
    if (end >= n || lines[end].level <= level) {
        buf_addz(out, level ? " type=\"xs:string\"/>" : "><xs:complexType/></xs:element>");
        return end;
    }
    buf_addz(out, "><xs:complexType><xs:sequence>");
    for (size_t k = end; k < n && lines[k].level > level;)
        k = lines[k].name.p[0] == '@' ? k + 1 : schema_level(out, lines, n, k);
    buf_addz(out, "</xs:sequence>");
    for (; end < n && lines[end].level > level; end++)
        if (lines[end].level == level + 1 && lines[end].name.p[0] == '@')
            schema_level(out, lines, n, end);
    buf_addz(out, "</xs:complexType></xs:element>");
    return end;
}

void notation_file(struct arena *a, struct map *files, const char *path, str bytes)
{
    str *f = arena_new_of(a, str);
    *f = arena_str(a, bytes);
    map_put(files, arena_str(a, str_of(path)), f);
}

static size_t read_lines(struct arena *a, str text, struct line *lines)
{
    str parents[20] = {{0}}, row;
    size_t n = 0;
    while (str_split(&text, '\n', &row)) {
        struct line l = {0};
        if (!str_trim(row).n)
            continue;
        while (str_starts(row, STR("  "))) {
            row = str_from(row, 2);
            l.level++;
        }
        size_t blank = str_find_char(row, ' ', 0), dots = str_find(row, STR(".."), 0),
               equals = str_find(row, STR(" = "), 0);
        l.name = arena_str(a, str_sub(row, 0, blank));
        l.min = arena_str(a, str_sub(row, blank + 1, dots));
        l.max = arena_str(a, str_trim(str_sub(row, dots + 2, equals)));
        l.value = equals == SIZE_MAX ? STR("") : str_from(row, equals + 3);
        l.path = arena_fmt(a, STR_FMT "/" STR_FMT,
                           STR_ARG(l.level ? parents[l.level - 1] : STR("")), STR_ARG(l.name));
        parents[l.level] = l.path;
        lines[n++] = l;
    }
    return n;
}

void notation_read(struct arena *a, str text, struct map *files)
{
    static struct line lines[200];
    AUTO(buf) struct buf xsd = BUF(1 << 20), mmap = BUF(1 << 20);
    size_t n = read_lines(a, text, lines);
    map_init(files, a, false);
    buf_addz(&xsd, "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">");
    schema_level(&xsd, lines, n, 0);
    buf_addz(&xsd, "</xs:schema>");
    buf_addf(
        &mmap,
        "<xiObj xmlns=\"urn:sap-com:xi\"><generic><lnks><lnkRole role=\"SOURCE_IFR_MESS\"><lnk><key typeID=\"xsd\">"
        "<elem>source.xsd</elem><elem/><elem>S</elem></key></lnk></lnkRole><lnkRole role=\"TARGET_IFR_MESS\"><lnk>"
        "<key typeID=\"xsd\"><elem>t.xsd</elem><elem>src/main/resources/xsd</elem><elem>" STR_FMT
        "</elem></key></lnk></lnkRole></lnks>"
        "</generic><content><tr:XiTrafo xmlns:tr=\"urn:sap-com:xi:mapping:xitrafo\"><tr:MetaData><mappingtool><project><libstorage>"
        "<entry name=\"lib\"><libref><ref><key><key typeID=\"gsh\"><elem>lib.gsh</elem><elem/></key></key></ref></libref></entry>"
        "</libstorage><transformation>",
        STR_ARG(lines[0].name));
    for (size_t i = 0; i < n; i++) {
        struct reader r = {a, lines[i].value, &mmap};
        if (!lines[i].value.n)
            continue;
        buf_addf(&mmap, "<brick type=\"Dst\" gid=\"0\" path=\"" STR_FMT "\"><arg>",
                 STR_ARG(lines[i].path));
        expression(&r);
        buf_addz(&mmap, "</arg></brick>");
    }
    buf_addz(
        &mmap,
        "</transformation></project></mappingtool></tr:MetaData></tr:XiTrafo></content></xiObj>");
    notation_file(a, files, "src/main/resources/xsd/t.xsd", buf_str(&xsd));
    notation_file(a, files, "src/main/resources/mapping/a.mmap", buf_str(&mmap));
}
