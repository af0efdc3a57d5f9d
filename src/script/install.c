/* install: where Java, our jar and its libraries are, and the command line of a host. The jar, the list of
 * libraries (class-path) and the class-data archive were made by the build (hosts/jvm/build). */
#include "script/inside.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { CLASS_PATH_MAX = 64 << 10, GENERATION_BITS = 16 };
#define JAR "tidemill-host.jar"
#define ARCHIVE "tidemill-host.jsa"
/* Saxon announces itself for these; scripts get what Java 8 gave them. */
#define TRANSFORMER "tidemill.host.Transformers"
#define XPATH "com.sun.org.apache.xpath.internal.jaxp.XPathFactoryImpl"
/* Named, since looking for others in all jars takes longer than making a parser. */
#define PARSERS "com.sun.org.apache.xerces.internal.jaxp."

static void find_java(struct script_hosts *s)
{
    const char *home = getenv("JAVA_HOME");
    if (home && *home) {
        snprintf(s->java, sizeof s->java, "%s/bin/java", home);
        if (access(s->java, X_OK) == 0)
            return;
    }
    snprintf(s->java, sizeof s->java, "%s", "/usr/bin/java");
    if (access(s->java, X_OK) != 0)
        s->java[0] = 0;
}

static bool has_jar(const char *home)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/" JAR, home);
    return access(path, R_OK) == 0;
}

/* TIDEMILL_HOSTS, or beside the program: in the build folder, or installed below the same prefix. */
static void find_home(struct script_hosts *s)
{
    static const char *const beside[] = {"../../hosts/jvm", "hosts/jvm",
                                         "../lib/tidemill/hosts/jvm", "../../../hosts/jvm"};
    const char *named = getenv("TIDEMILL_HOSTS");
    char self[PATH_MAX] = "", path[PATH_MAX + 64];
    if (named && *named) {
        snprintf(path, sizeof path, "%s/jvm", named);
        if (realpath(path, s->home) && has_jar(s->home))
            return;
    }
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash = n > 0 ? strrchr(self, '/') : NULL;
    for (size_t i = 0; slash && !(named && *named) && i < COUNT(beside); i++) {
        snprintf(path, sizeof path, "%.*s/%s", (int)(slash - self), self, beside[i]);
        if (realpath(path, s->home) && has_jar(s->home))
            return;
    }
    s->home[0] = 0;
}

void install_find(struct script_hosts *s)
{
    AUTO(arena) struct arena *a = arena_new();
    struct err e = {0};
    str list;
    find_java(s);
    find_home(s);
    if (!s->home[0])
        return;
    if (!file_read(a, arena_fmt(a, "%s/class-path", s->home).p, CLASS_PATH_MAX, &list, &e))
        return;
    struct buf out = BUF(CLASS_PATH_MAX + sizeof s->home);
    buf_addf(&out, "%s/" JAR, s->home);
    for (str line; str_split(&list, '\n', &line);)
        if (line.n)
            buf_addf(&out, ":" STR_FMT, STR_ARG(line));
    buf_add_char(&out, 0);
    s->class_path = out.p;
}

bool install_check(struct script_hosts *s, struct err *e)
{
    if (!s->java[0])
        return err_set(
            e, ERR_NOT_IMPLEMENTED,
            "scripts need Java: install the packages openjdk-17-jdk-headless groovy libsaxonhe-java librhino-java "
            "(scripts/setup script does it), and build again");
    if (!s->class_path)
        return err_set(
            e, ERR_NOT_IMPLEMENTED,
            "this server was built without its script host: install the packages openjdk-17-jdk-headless groovy "
            "libsaxonhe-java librhino-java (scripts/setup script does it), and build again");
    return true;
}

const char *const *install_command(const struct host *h, struct arena *a)
{
    const struct script_hosts *s = h->all;
    VEC(const char *) v = {0};
    str archive = arena_fmt(a, "%s/" ARCHIVE, s->home);
    int64_t first =
        (int64_t)((uint64_t)h->index << 56 | (uint64_t)((h->generation + 1) & 0xFFFF) << 40);
    const char *const fixed[] = {
        s->java,
        arena_fmt(a, "-Xmx%um", s->config.heap_mb).p,
        "-XX:+UseSerialGC",
        "-XX:-UsePerfData",
        "-XX:+DisableAttachMechanism",
        "-XX:+DisplayVMOutputToStderr", /* standard output is the channel */
        "-Xshare:auto",
        "-Xlog:disable",
        "-Xlog:all=off",
        "-Djava.security.manager=allow",
        arena_fmt(a, "-Djava.io.tmpdir=%s", s->folder).p,
        arena_fmt(a, "-XX:ErrorFile=%s/crash.log", s->folder).p,
        "-Djavax.xml.transform.TransformerFactory=" TRANSFORMER,
        "-Djavax.xml.xpath.XPathFactory:http://java.sun.com/jaxp/xpath/dom=" XPATH,
        "-Djavax.xml.parsers.SAXParserFactory=" PARSERS "SAXParserFactoryImpl",
        "-Djavax.xml.parsers.DocumentBuilderFactory=" PARSERS "DocumentBuilderFactoryImpl",
        "-Dgroovy.use.classvalue=true", /* its faster way to what it knows of a class */
        "-Dfile.encoding=UTF-8",
        "-Duser.timezone=UTC",
        "-Duser.language=en",
        "-Duser.country=US",
        "-Djava.locale.providers=COMPAT,CLDR",
        "-Djava.awt.headless=true"};
    for (size_t i = 0; i < COUNT(fixed); i++)
        vec_add(a, &v, fixed[i]);
    if (access(archive.p, R_OK) == 0)
        vec_add(a, &v, arena_fmt(a, "-XX:SharedArchiveFile=%s", archive.p).p);
    vec_add(a, &v, "-cp");
    vec_add(a, &v, s->class_path);
    vec_add(a, &v, "tidemill.host.Host");
    vec_add(a, &v, arena_fmt(a, "%d", (int)getpid()).p);
    vec_add(a, &v, arena_fmt(a, "%u", s->config.own_port).p);
    vec_add(a, &v, arena_fmt(a, "%lld", (long long)first).p);
    vec_add(a, &v, NULL);
    return v.at;
}
