/* activity: which step type serves a node. The key is activityType and, where several steps share one, a sub key.
 * Old editors left one or both out; then the variant's name or the file that is named decides (format.md 2, 3). */
#include "flow/compile.h"

static const struct {
    const char *activity;
    const char *keys[2]; /* properties that hold the sub key */
} sub_keys[] = {
    {"Script",             {"subActivityType", NULL}         },
    {"Mapping",            {"subActivityType", "mappingType"}},
    {"Splitter",           {"splitType", NULL}               },
    {"DBstorage",          {"operation", NULL}               },
    {"Encoder",            {"encoderType", NULL}             },
    {"Decoder",            {"encoderType", NULL}             },
    {"ProcessCallElement", {"subActivityType", NULL}         },
};
/* No sub key: the extension of the file tells. */
static const struct {
    const char *activity, *key /* property with the file */, *suffix, *sub;
} by_file[] = {
    {"Script",  "script",      ".js",    "JavaScript"      },
    {"Script",  "script",      "",       "GroovyScript"    },
    {"Mapping", "mappinguri",  ".mmap",  "MessageMapping"  },
    {"Mapping", "mappinguri",  ".opmap", "OperationMapping"},
    {"Mapping", "mappingname", ".mmap",  "MessageMapping"  },
    {"Mapping", "mappinguri",  "",       "XSLTMapping"     },
};
static const struct {
    const char *key, *name;
} names[] = {
    {"Enricher",                                       "Content Modifier"       },
    {"Script:GroovyScript",                            "Groovy script"          },
    {"Script:JavaScript",                              "JavaScript"             },
    {"Mapping:XSLTMapping",                            "XSLT mapping"           },
    {"Mapping:MessageMapping",                         "message mapping"        },
    {"Mapping:OperationMapping",                       "operation mapping"      },
    {"XmlToJsonConverter",                             "XML to JSON converter"  },
    {"JsonToXmlConverter",                             "JSON to XML converter"  },
    {"CsvToXmlConverter",                              "CSV to XML converter"   },
    {"XmlToCsvConverter",                              "XML to CSV converter"   },
    {"EDItoXMLConverter",                              "EDI to XML converter"   },
    {"XMLtoEDIConverter",                              "XML to EDI converter"   },
    {"EDIExtractor",                                   "EDI extractor"          },
    {"Filter",                                         "filter"                 },
    {"Splitter:GeneralSplitter",                       "general splitter"       },
    {"Splitter:IteratingSplitter",                     "iterating splitter"     },
    {"Splitter:IDoc",                                  "IDoc splitter"          },
    {"Splitter:EDISplitter",                           "EDI splitter"           },
    {"Splitter:ZipSplitter",                           "ZIP splitter"           },
    {"Splitter:TarSplitter",                           "TAR splitter"           },
    {"Splitter:PKCS#7/CMS Signature-Content Splitter", "PKCS#7/CMS splitter"    },
    {"Gather",                                         "gather"                 },
    {"Aggregator",                                     "aggregator"             },
    {"DBstorage:put",                                  "data store write"       },
    {"DBstorage:get",                                  "data store get"         },
    {"DBstorage:select",                               "data store select"      },
    {"DBstorage:delete",                               "data store delete"      },
    {"Variables",                                      "write variables"        },
    {"Encoder:Base64 Encode",                          "Base64 encoder"         },
    {"Decoder:Base64 Decode",                          "Base64 decoder"         },
    {"Encoder:ZIP Compress",                           "ZIP compression"        },
    {"Decoder:ZIP Decompress",                         "ZIP decompression"      },
    {"Encoder:GZIP Compress",                          "GZIP compression"       },
    {"Decoder:GZIP Decompress",                        "GZIP decompression"     },
    {"Encoder:MIME Multipart Message Encode",          "MIME multipart encoder" },
    {"Decoder:MIME Multipart Message Decode",          "MIME multipart decoder" },
    {"PgpEncrypt",                                     "PGP encryptor"          },
    {"PgpDecrypt",                                     "PGP decryptor"          },
    {"SignMessage",                                    "PKCS#7/CMS signer"      },
    {"SimpleSignMessage",                              "simple signer"          },
    {"XMLDigitalSignMessage",                          "XML digital signer"     },
    {"MessageDigest",                                  "message digest"         },
    {"XmlValidator",                                   "XML validator"          },
    {"XmlModifier",                                    "XML modifier"           },
    {"Persist",                                        "persist message"        },
    {"IdempotentProcessCall",                          "idempotent process call"},
    {"PollEnrich",                                     "poll enrich"            },
    {"contentEnricherWithLookup",                      "content enricher"       },
};
static const struct {
    const char *component, *name;
} adapters[] = {
    {"HCIOData",          "OData"              },
    {"HCIODataV4",        "OData V4"           },
    {"ODataSender",       "OData sender"       },
    {"IDOC",              "IDoc"               },
    {"DataStoreConsumer", "data store"         },
    {"OpenConnectors",    "Open Connectors"    },
    {"AdvancedEventMesh", "Advanced Event Mesh"},
};

str activity_variant(const struct map *properties)
{
    str uri = iflw_property(properties, "cmdVariantUri");
    size_t at = str_find(uri, STR("cname::"), 0);
    if (at == SIZE_MAX)
        return STR("");
    str rest = str_from(uri, at + 7);
    return str_sub(rest, 0, str_find_char(rest, '/', 0));
}

static str base_key(const struct iflw_node *n)
{
    static const char *const variants[][2] = {
  /* variant: activity */
        {"GroovyScript",      "Script"            },
        {"JavaScript",        "Script"            },
        {"XSLTMapping",       "Mapping"           },
        {"MessageMapping",    "Mapping"           },
        {"GeneralSplitter",   "Splitter"          },
        {"Camel",             "Splitter"          },
        {"NonLoopingProcess", "ProcessCallElement"},
        {"LoopingProcess",    "ProcessCallElement"},
    };
    str type = iflw_property(&n->properties, "activityType");
    if (type.n)
        return type;
    type = activity_variant(&n->properties);
    for (size_t i = 0; i < COUNT(variants); i++)
        if (str_eqz(type, variants[i][0]))
            return str_of(variants[i][1]);
    return type;
}

static str sub_key(const struct iflw_node *n, str type)
{
    for (size_t i = 0; i < COUNT(sub_keys); i++)
        for (size_t k = 0; str_eqz(type, sub_keys[i].activity) && k < COUNT(sub_keys[i].keys);
             k++) {
            str sub =
                sub_keys[i].keys[k] ? iflw_property(&n->properties, sub_keys[i].keys[k]) : STR("");
            if (sub.n)
                return str_eqz(sub, "Camel") ? STR("IteratingSplitter") : sub;
        }
    for (size_t i = 0; i < COUNT(by_file); i++)
        if (str_eqz(type, by_file[i].activity) &&
            str_ends_nocase(iflw_property(&n->properties, by_file[i].key),
                            str_of(by_file[i].suffix)))
            return str_of(by_file[i].sub);
    return STR("");
}

str activity_key(struct arena *a, const struct iflw_node *n)
{
    str type = base_key(n), sub = sub_key(n, type);
    if (sub.n)
        return arena_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(type), STR_ARG(sub));
    return type;
}

bool list_has(const char *list, str name)
{
    str rest = str_of(list), one;
    while (str_split(&rest, '|', &one))
        if (str_eq_nocase(str_trim(one), name))
            return true;
    return false;
}

static const struct step_type *find_step(const struct registry *r, str key)
{
    for (size_t i = 0; i < r->nsteps; i++)
        if (r->steps[i]->activity && list_has(r->steps[i]->activity, key))
            return r->steps[i];
    return NULL;
}

const struct step_type *activity_step(const struct registry *r, str key)
{
    const struct step_type *t = find_step(r, key);
    size_t colon = str_find_char(key, ':', 0);
    return t || colon == SIZE_MAX ? t : find_step(r, str_sub(key, 0, colon));
}

str activity_name(struct arena *a, str key)
{
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eqz(key, names[i].key))
            return str_of(names[i].name);
    return key.n ? arena_fmt(a, "step type " STR_FMT, STR_ARG(key)) : STR("a step without type");
}

str adapter_name(str component)
{
    for (size_t i = 0; i < COUNT(adapters); i++)
        if (str_eqz(component, adapters[i].component))
            return str_of(adapters[i].name);
    return component.n ? component : STR("without a type");
}
