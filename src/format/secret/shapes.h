/*
 * shapes - the table of known credentials: name, prefix, alphabet of the body, shortest and
 * longest body, flags. Order matters within one prefix: the longer prefix first.
 *
 * START   nothing alphanumeric may stand before it (short or plain-letter prefixes)
 * EXACT   nothing alphanumeric may stand after it
 * DIGIT   the body holds a digit
 * KEYLIKE the body holds an unbroken run of 16 letters and digits with a digit in it
 * BODY    only the body is the secret; the prefix stays (addresses)
 */
#ifndef WRIT_FORMAT_SECRET_SHAPES_H
#define WRIT_FORMAT_SECRET_SHAPES_H

#define SECRET_SHAPES(X)                                                                           \
    X(github_token, "ghp_", ALNUM, 36, 255, 0)                                                     \
    X(github_token, "gho_", ALNUM, 36, 255, 0)                                                     \
    X(github_token, "ghu_", ALNUM, 36, 255, 0)                                                     \
    X(github_token, "ghs_", ALNUM, 36, 255, 0)                                                     \
    X(github_token, "ghr_", ALNUM, 36, 255, 0)                                                     \
    X(github_fine_grained, "github_pat_", WORD, 22, 255, 0)                                        \
    X(gitlab_token, "glpat-", DOTTED, 20, 320, 0)                                                  \
    X(gitlab_token, "glptt-", HEX, 40, 40, 0)                                                      \
    X(gitlab_token, "gldt-", DASHED, 20, 255, 0)                                                   \
    X(gitlab_token, "glrt-", DOTTED, 20, 320, 0)                                                   \
    X(gitlab_token, "glcbt-", DASHED, 22, 255, 0)                                                  \
    X(gitlab_token, "glsoat-", DASHED, 20, 255, 0)                                                 \
    X(gitlab_token, "gloas-", DASHED, 64, 64, 0)                                                   \
    X(gitlab_token, "glft-", DASHED, 20, 255, 0)                                                   \
    X(gitlab_token, "glimt-", DASHED, 25, 255, 0)                                                  \
    X(gitlab_token, "glffct-", DASHED, 20, 255, 0)                                                 \
    X(gitlab_token, "glagent-", DASHED, 50, 255, 0)                                                \
    X(grafana_token, "glsa_", WORD, 41, 64, 0)                                                     \
    X(grafana_token, "glc_", BASE64, 32, 400, START)                                               \
    X(groq_key, "gsk_", ALNUM, 40, 128, START)                                                     \
    X(anthropic_key, "sk-ant-", DASHED, 16, 255, 0)                                                \
    X(openai_key, "sk-proj-", DASHED, 16, 255, 0)                                                  \
    X(openai_key, "sk-svcacct-", DASHED, 16, 255, 0)                                               \
    X(openai_key, "sk-admin-", DASHED, 16, 255, 0)                                                 \
    X(openrouter_key, "sk-or-v1-", DASHED, 16, 255, 0)                                             \
    X(live_key, "sk-live-", DASHED, 10, 255, START)                                                \
    X(live_key, "sk-test-", DASHED, 16, 255, START)                                                \
    X(openai_key, "sk-", DASHED, 20, 255, START | KEYLIKE)                                         \
    X(stripe_key, "sk_live_", ALNUM, 10, 255, 0)                                                   \
    X(stripe_key, "sk_test_", ALNUM, 10, 255, 0)                                                   \
    X(stripe_key, "sk_prod_", ALNUM, 10, 255, 0)                                                   \
    X(stripe_key, "rk_live_", ALNUM, 10, 255, 0)                                                   \
    X(stripe_key, "rk_test_", ALNUM, 10, 255, 0)                                                   \
    X(stripe_key, "rk_prod_", ALNUM, 10, 255, 0)                                                   \
    X(webhook_secret, "whsec_", BASE64, 24, 128, 0)                                                \
    X(aws_access_key, "AKIA", UPPER, 16, 16, START | EXACT)                                        \
    X(aws_access_key, "ASIA", UPPER, 16, 16, START | EXACT)                                        \
    X(aws_access_key, "ABIA", UPPER, 16, 16, START | EXACT)                                        \
    X(aws_access_key, "ACCA", UPPER, 16, 16, START | EXACT)                                        \
    X(age_key, "AGE-SECRET-KEY-1", UPPER, 58, 58, 0)                                               \
    X(google_key, "AIza", DASHED, 35, 35, START | EXACT)                                           \
    X(atlassian_token, "ATATT3x", DOTTED, 60, 400, START)                                          \
    X(azure_storage_key, "AccountKey=", BASE64, 40, 128, BODY)                                     \
    X(slack_token, "xoxb-", DASHED, 16, 255, DIGIT)                                                \
    X(slack_token, "xoxp-", DASHED, 16, 255, DIGIT)                                                \
    X(slack_token, "xoxa-", DASHED, 8, 255, DIGIT)                                                 \
    X(slack_token, "xoxr-", DASHED, 8, 255, DIGIT)                                                 \
    X(slack_token, "xoxs-", DASHED, 16, 255, DIGIT)                                                \
    X(slack_token, "xoxo-", DASHED, 16, 255, DIGIT)                                                \
    X(slack_token, "xoxe", DOTTED, 100, 400, DIGIT)                                                \
    X(slack_token, "xapp-", DASHED, 20, 255, DIGIT)                                                \
    X(xai_key, "xai-", ALNUM, 60, 128, START)                                                      \
    X(brevo_key, "xkeysib-", DASHED, 64, 128, 0)                                                   \
    X(npm_token, "npm_", ALNUM, 36, 64, 0)                                                         \
    X(notion_token, "ntn_", ALNUM, 40, 64, 0)                                                      \
    X(pypi_token, "pypi-AgE", DASHED, 50, 1000, 0)                                                 \
    X(perplexity_key, "pplx-", ALNUM, 40, 128, 0)                                                  \
    X(planetscale_token, "pscale_tkn_", DOTTED, 32, 64, 0)                                         \
    X(planetscale_token, "pscale_oauth_", DOTTED, 32, 64, 0)                                       \
    X(planetscale_token, "pscale_pw_", DOTTED, 32, 64, 0)                                          \
    X(prefect_token, "pnu_", ALNUM, 36, 36, START)                                                 \
    X(pulumi_token, "pul-", HEX, 40, 40, START)                                                    \
    X(postman_key, "PMAK-", DASHED, 59, 59, START)                                                 \
    X(huggingface_token, "hf_", ALNUM, 30, 64, START)                                              \
    X(huggingface_token, "api_org_", ALNUM, 34, 34, START)                                         \
    X(vault_token, "hvs.", DASHED, 24, 320, START)                                                 \
    X(vault_token, "hvb.", DASHED, 100, 400, START)                                                \
    X(slack_webhook, "hooks.slack.com/services/", BASE64, 40, 80, BODY)                            \
    X(slack_webhook, "hooks.slack.com/workflows/", BASE64, 40, 80, BODY)                           \
    X(slack_webhook, "hooks.slack.com/triggers/", BASE64, 40, 80, BODY)                            \
    X(discord_webhook, "discord.com/api/webhooks/", PATH, 60, 160, BODY)                           \
    X(sendgrid_key, "SG.", DOTTED, 60, 70, START | KEYLIKE)                                        \
    X(digitalocean_token, "dop_v1_", HEX, 64, 64, 0)                                               \
    X(digitalocean_token, "doo_v1_", HEX, 64, 64, 0)                                               \
    X(digitalocean_token, "dor_v1_", HEX, 64, 64, 0)                                               \
    X(databricks_token, "dapi", HEX, 32, 32, START | EXACT)                                        \
    X(doppler_token, "dp.pt.", ALNUM, 40, 64, START)                                               \
    X(dynatrace_token, "dt0c01.", DOTTED, 80, 120, START)                                          \
    X(linear_key, "lin_api_", ALNUM, 40, 64, 0)                                                    \
    X(google_secret, "GOCSPX-", DASHED, 20, 64, 0)                                                 \
    X(google_token, "ya29.", DASHED, 20, 1024, START)                                              \
    X(shopify_token, "shpat_", HEX, 32, 32, 0)                                                     \
    X(shopify_token, "shpca_", HEX, 32, 32, 0)                                                     \
    X(shopify_token, "shppa_", HEX, 32, 32, 0)                                                     \
    X(shopify_token, "shpss_", HEX, 32, 32, 0)                                                     \
    X(square_token, "sq0atp-", DASHED, 22, 60, 0)                                                  \
    X(square_token, "sq0csp-", DASHED, 22, 60, 0)                                                  \
    X(sentry_token, "sntrys_", BASE64, 40, 512, 0)                                                 \
    X(sentry_token, "sntryu_", HEX, 64, 64, 0)                                                     \
    X(rubygems_key, "rubygems_", HEX, 48, 48, 0)                                                   \
    X(replicate_token, "r8_", ALNUM, 37, 40, START)                                                \
    X(readme_key, "rdme_", ALNUM, 70, 70, START)                                                   \
    X(tailscale_key, "tskey-", DASHED, 20, 128, 0)                                                 \
    X(figma_token, "figd_", DASHED, 36, 64, 0)

#endif
