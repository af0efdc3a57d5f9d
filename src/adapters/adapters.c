/* THE lists. A new adapter: its table here, its file in meson.build. */
#include "adapters/adapters.h"

extern const struct receiver_type receiver_http, receiver_mail, receiver_process_direct;
extern const struct sender_type sender_https, sender_process_direct, sender_timer;

const struct receiver_type *const receivers_all[] = {
    &receiver_http,
    &receiver_mail,
    &receiver_process_direct,
};
const size_t receivers_count = COUNT(receivers_all);

const struct sender_type *const senders_all[] = {
    &sender_https,
    &sender_process_direct,
    &sender_timer,
};
const size_t senders_count = COUNT(senders_all);
