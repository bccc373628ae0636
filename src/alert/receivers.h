// The kinds of receivers.
#pragma once

#include <memory>
#include <string>

#include "alert/notification.h"
#include "alert/template_data.h"
#include "alert/transport.h"
#include "conf/alertmanager_config.h"

namespace pharos::alert {

using TemplatesPtr = std::shared_ptr<const Templates>;

std::unique_ptr<Notifier> MakeWebhook(conf::WebhookConfig config, TemplatesPtr templates,
                                      Transport& transport);
std::unique_ptr<Notifier> MakeSlack(conf::SlackConfig config, TemplatesPtr templates,
                                    Transport& transport);
std::unique_ptr<Notifier> MakePagerduty(conf::PagerdutyConfig config, TemplatesPtr templates,
                                        Transport& transport);
/// `host_name`: of this machine, for the Message-Id.
std::unique_ptr<Notifier> MakeEmail(conf::EmailConfig config, TemplatesPtr templates,
                                    Transport& transport, const base::Clock& clock,
                                    std::string host_name);

}  // namespace pharos::alert
