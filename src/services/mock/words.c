/* Texts for properties, by what their names speak of. */
#include "services/mock/generate.h"

#include <ctype.h>

enum { KEEP_SHORT = 40 };
static const struct topic {
    const char *word; /* in the name, lower case; the first row that fits */
    bool fixed;       /* few values, the same everywhere */
    const char *texts[6];
} topics[] = {
    {"language",    true,  {"EN", "DE", "FR", "ES"}                                                          },
    {"lang",        true,  {"EN", "DE", "FR", "ES"}                                                          },
    {"locale",      true,  {"en_US", "de_DE", "fr_FR"}                                                       },
    {"currency",    true,  {"EUR", "USD", "GBP", "CHF"}                                                      },
    {"country",     true,  {"DE", "US", "FR", "GB", "JP"}                                                    },
    {"region",      true,  {"BW", "CA", "NY", "HH"}                                                          },
    {"unit",        true,  {"PC", "KG", "M", "EA"}                                                           },
    {"timezone",    true,  {"UTC", "CET", "EST"}                                                             },
    {"gender",      true,  {"F", "M", "D"}                                                                   },
    {"plant",       true,  {"1010", "1020", "1710"}                                                          },
    {"company",
     false,                {"Brightwater AG", "Kestrel Ltd", "Norden GmbH", "Alder & Sons", "Quayside Inc"}  },
    {"supplier",
     false,                {"Brightwater AG", "Kestrel Ltd", "Norden GmbH", "Alder & Sons", "Quayside Inc"}  },
    {"customer",    false, {"Foxglove Stores", "Harbour Foods", "Larch Retail", "Minster Trading"}           },
    {"email",
     false,                {"ada@example.com", "grace@example.com", "edsger@example.com", "alan@example.com"}},
    {"mail",
     false,                {"ada@example.com", "grace@example.com", "edsger@example.com", "alan@example.com"}},
    {"phone",       false, {"+49 30 901820", "+1 212 5550100", "+44 20 79460000"}                            },
    {"fax",         false, {"+49 30 901821", "+1 212 5550101"}                                               },
    {"url",         false, {"https://www.example.com/", "https://docs.example.org/"}                         },
    {"uri",         false, {"https://www.example.com/", "https://docs.example.org/"}                         },
    {"street",      false, {"Station Road 1", "Mill Lane 24", "Harbour Street 7", "Market Square 3"}         },
    {"address",     false, {"Station Road 1", "Mill Lane 24", "Harbour Street 7", "Market Square 3"}         },
    {"postal",      false, {"10115", "20095", "80331", "94105"}                                              },
    {"zip",         false, {"10115", "20095", "80331", "94105"}                                              },
    {"city",        false, {"Berlin", "Hamburg", "Palo Alto", "Lyon", "Leeds"}                               },
    {"firstname",   false, {"Ada", "Grace", "Edsger", "Alan", "Barbara"}                                     },
    {"givenname",   false, {"Ada", "Grace", "Edsger", "Alan", "Barbara"}                                     },
    {"lastname",    false, {"Lovelace", "Hopper", "Dijkstra", "Turing", "Liskov"}                            },
    {"familyname",  false, {"Lovelace", "Hopper", "Dijkstra", "Turing", "Liskov"}                            },
    {"username",    false, {"ALOVELACE", "GHOPPER", "EDIJKSTRA", "ATURING"}                                  },
    {"createdby",   false, {"ALOVELACE", "GHOPPER", "EDIJKSTRA", "ATURING"}                                  },
    {"changedby",   false, {"ALOVELACE", "GHOPPER", "EDIJKSTRA", "ATURING"}                                  },
    {"user",        false, {"ALOVELACE", "GHOPPER", "EDIJKSTRA", "ATURING"}                                  },
    {"filename",    false, {"report.pdf", "notes.txt", "plan.docx", "photo.jpg"}                             },
    {"mimetype",    false, {"text/plain"}                                                                    },
    {"contenttype", false, {"text/plain"}                                                                    },
    {"color",       false, {"red", "green", "blue", "black"}                                                 },
    {"status",      false, {"A", "B", "C"}                                                                   },
    {"priority",    false, {"1", "2", "3"}                                                                   },
    {"category",    false, {"Standard", "Premium", "Basic"}                                                  },
    {"type",        false, {"A", "B", "C"}                                                                   },
    {"material",    false, {"TG11", "TG12", "FG126", "RM20"}                                                 },
    {"product",     false, {"Notebook", "Monitor", "Keyboard", "Desk Lamp"}                                  },
};

static const struct topic *topic_of(str name)
{
    char low[128];
    size_t n = 0;
    for (size_t i = 0; i < name.n && n < sizeof low; i++)
        if (name.p[i] != '_')
            low[n++] = (char)tolower((unsigned char)name.p[i]);
    for (size_t i = 0; i < COUNT(topics); i++)
        if (str_find((str){low, n}, str_of(topics[i].word), 0) != SIZE_MAX)
            return &topics[i];
    return NULL;
}

bool words_fixed(str name)
{
    const struct topic *t = topic_of(name);
    return t && t->fixed;
}

/* "SalesOrderText 3": the name in words and the row. */
static str title(struct arena *a, const struct model_property *p, size_t row)
{
    AUTO(buf) struct buf b = BUF(1 << 12);
    for (size_t i = 0; i < p->name.n && i < KEEP_SHORT; i++) {
        unsigned char c = (unsigned char)p->name.p[i],
                      before = i ? (unsigned char)p->name.p[i - 1] : (unsigned char)'A';
        if (isupper(c) && islower(before))
            buf_add_char(&b, ' ');
        buf_add_char(&b, c == '_' ? ' ' : (char)c);
    }
    buf_addf(&b, " %zu", row + 1);
    return arena_str(a, buf_str(&b));
}

str words_text(struct arena *a, const struct model_property *p, uint64_t n, size_t row)
{
    const struct topic *t = topic_of(p->name);
    size_t count = 0;
    while (t && count < COUNT(t->texts) && t->texts[count])
        count++;
    str s = count ? str_of(t->texts[n % count]) : title(a, p, row);
    if (!p->max_length || s.n <= p->max_length)
        return s;
    if (count)
        return str_sub(s, 0, p->max_length);
    str number = arena_fmt(a, "%zu", row + 1); /* "N1": an initial and what tells rows apart */
    if (number.n >= p->max_length)
        return str_from(number, number.n - p->max_length);
    return arena_fmt(a, "%c" STR_FMT, toupper((unsigned char)s.p[0]), STR_ARG(number));
}
