"""Shared suffixes: domains whose owner gives every customer a name, so that a wildcard covers other customers.

They complete the private section of the Public Suffix List, which has only domains that their owner submitted. An exact tenant
host (acme.zendesk.com) can be permitted; a wildcard over the suffix, or over a domain above it, cannot. The list is from
general knowledge, and not yet checked against the vendors' documentation.
"""

from __future__ import annotations

from typing import Final

from containment.patterns.permitted_names.suffixes import collect_parents

_CLOUDS_BY_OWNER: Final[dict[str, str]] = {
    "Amazon Web Services": "amazonaws.com amazonaws.com.cn amazonaws.eu api.aws on.aws awsapps.com awsapprunner.com cloudfront.net "
    "elasticbeanstalk.com awsglobalaccelerator.com amplifyapp.com amazoncognito.com amazonwebservices.eu lambda-url.aws "
    "transfer-webapp.aws sagemaker.aws awsdns.net amazonconnect.com my.connect.aws quicksight.aws lightsail.aws cloud9.aws",
    "Microsoft": "windows.net azure.com azure.net azurewebsites.net azurewebsites.us azure-api.net azure-api.us azureedge.net "
    "azurefd.net azurefd.us trafficmanager.net usgovtrafficmanager.net cloudapp.net usgovcloudapp.net usgovcloudapi.net "
    "chinacloudapi.cn chinacloudsites.cn azurecontainer.io azurecontainerapps.io azurecr.io azurestaticapps.net azurehdinsight.net "
    "azuredatabricks.net azureml.net azureml.ms azurewebsites.net azmk8s.io azure-devices.net azure-devices-provisioning.net "
    "azureiotcentral.com azure-mobile.net azuresynapse.net azure-automation.net azureapiappsapi.net azconfig.io visualstudio.com "
    "openai.azure.com services.ai.azure.com cognitiveservices.azure.com inference.ai.azure.com logic.azure.com",
    "Google": "googleapis.com googleusercontent.com cloudfunctions.net run.app appspot.com web.app firebaseapp.com firebaseio.com "
    "firebasedatabase.app firebasestorage.app gcr.io pkg.dev cloud.goog hosted.app gateway.dev translate.goog "
    "googlegroups.com blogspot.com usercontent.goog notebooks.googleusercontent.com",
    "Oracle, IBM, Alibaba, Tencent, Huawei": "oraclecloud.com oraclecloudapps.com customer-oci.com oraclegovcloud.com "
    "oraclevcn.com appdomain.cloud mybluemix.net bluemix.net aliyuncs.com alicdn.com aliyun-inc.com myqcloud.com tencentcos.cn "
    "tcloudbaseapp.com tencentcloudapi.com myhuaweicloud.com bcebos.com volces.com yandexcloud.net",
    "DigitalOcean, Linode, Vultr, Hetzner, OVH, Scaleway": "digitaloceanspaces.com ondigitalocean.app linodeobjects.com "
    "linodeusercontent.com vultrobjects.com your-objectstorage.com your-server.de your-storagebox.de ovh.net hosting.ovh.net "
    "scw.cloud upcloudobjects.com exo.io",
    "object stores": "backblazeb2.com wasabisys.com r2.dev r2.cloudflarestorage.com storjshare.io filebase.com idrivee2.com "
    "contabostorage.com objects.dc-sto1.glesys.net cdn77.org b-cdn.net bunnycdn.com cdn.bunny.net kxcdn.com "
    "fastly.net fastlylb.net akamaized.net akamaihd.net edgekey.net edgesuite.net cloudflarestorage.com imgix.net stackpathcdn.com "
    "stackpathdns.com llnwd.net vercel-storage.com",
    "services that put a region between the customer's label and their domain": "dynamics.com auth0.com auth0app.com "
    "snowflakecomputing.com confluent.cloud aivencloud.com redis-cloud.com redislabs.com es.io elastic-cloud.com found.io "
    "cockroachlabs.cloud hivemq.cloud runpod.net cloudamqp.com neon.tech turso.io qualtrics.com",
}
"""Domains below which any name, at any depth, may be a customer's: no wildcard is permitted below them."""

_TENANTS_BY_KIND: Final[dict[str, str]] = {
    "hosting of applications and pages": "workers.dev pages.dev vercel.app now.sh netlify.app herokuapp.com onrender.com "
    "fly.dev railway.app up.railway.app deno.dev val.run repl.co replit.app replit.dev glitch.me surge.sh render.com koyeb.app "
    "northflank.app cyclic.app adaptable.app begin.app stackhero-network.com platform.sh platformsh.site lovable.app bolt.host "
    "github.io github.dev gitlab.io gitbook.io readthedocs.io readthedocs-hosted.com rtfd.io bitbucket.io codeberg.page sourceforge.io "
    "hf.space streamlit.app gradio.live gradio.app modal.run modal.host beam.cloud replicate.delivery "
    "anvil.app pythonanywhere.com cloud.databricks.com databricksapps.com "
    "supabase.co supabase.in upstash.io hasura.app convex.cloud convex.site appwrite.global "
    "mongodb.net mongodb-realm.com algolia.net algolianet.com "
    "bubbleapps.io retool.com softr.app webflow.io framer.app framer.website wixsite.com wixstudio.com editorx.io squarespace.com "
    "weebly.com wordpress.com tumblr.com ghost.io blogspot.com substack.com medium.com strikingly.com carrd.co myshopify.com bigcartel.com "
    "notion.site super.site gitbook.com readme.io canva.site typedream.app",
    "business applications": "slack.com enterprise.slack.com zendesk.com atlassian.net jira.com atlassian-dev.net sharepoint.com "
    "sharepoint.us onmicrosoft.com powerappsportals.com powerapps.com service-now.com servicenowservices.com "
    "my.salesforce.com sandbox.my.salesforce.com develop.my.salesforce.com salesforce.com force.com lightning.force.com "
    "content.force.com my.site.com salesforce-sites.com salesforce-setup.com salesforceliveagent.com "
    "visualforce.com documentforce.com sfdcfc.net exacttarget.com marketingcloudapis.com freshdesk.com freshservice.com "
    "freshworks.com myfreshworks.com helpscoutapp.com helpscoutdocs.com intercom.help zohodesk.com zoho.com zohosites.com box.com "
    "app.box.com ent.box.com egnyte.com sharefile.com smartsheet.com monday.com typeform.com jotform.com "
    "formstack.com myworkday.com myworkdaysite.com bamboohr.com "
    "pagerduty.com opsgenie.com statuspage.io uservoice.com desk.com kayako.com gorgias.com front.com hubspotpagebuilder.com "
    "hubspot.com hs-sites.com hubspotusercontent.com webex.com zoom.us "
    "teamwork.com basecamp.com basecamphq.com quip.com figma.site discourse.group "
    "trydiscourse.com zulipchat.com mattermost.cloud rocket.chat bitrix24.com odoo.com netsuite.com "
    "sapbydesign.com ondemand.com hana.ondemand.com successfactors.com ariba.com coupahost.com",
    "identity": "okta.com oktapreview.com okta-emea.com onelogin.com pingone.com pingidentity.cloud duosecurity.com "
    "jumpcloud.com b2clogin.com ciamlogin.com fusionauth.io stytch.com clerk.accounts.dev accounts.dev frontegg.com kinde.com "
    "descope.com workos.com",
    "observability": "ingest.sentry.io ingest.us.sentry.io ingest.de.sentry.io splunkcloud.com "
    "grafana.net sumologic.com logz.io loggly.com datadoghq.com live.dynatrace.com apps.dynatrace.com "
    "papertrailapp.com logtail.com betterstackdata.com",
    "registries and source hosts": "jfrog.io jfrogdev.org cloudsmith.io dev.azure.com pkgs.visualstudio.com ghe.com gitlab-dedicated.com "
    "r-universe.dev fury.io packagecloud.io myget.org feedz.io",
    "hosted gateways and messaging": "servicebus.windows.net servicebus.usgovcloudapi.net ably.io "
    "pubnubapi.com twil.io sendgrid.net mailgun.org mandrillapp.com list-manage.com "
    "eventgrid.azure.net webpubsub.azure.com signalr.net pipedream.net zapier.app n8n.cloud workato.com boomi.com tray.io "
    "azure-apim.net apigee.net apigee.com konghq.com konghq.tech tyk.io",
}
"""Domains whose first label below is a customer's; a wildcard below that label covers this customer alone."""

CLOUDS: Final = frozenset(domain for domains in _CLOUDS_BY_OWNER.values() for domain in domains.split())
TENANTS: Final = frozenset(domain for domains in _TENANTS_BY_KIND.values() for domain in domains.split())
ABOVE_SHARED: Final = collect_parents({*CLOUDS, *TENANTS})
"""Domains with a shared suffix strictly below them."""

REGIONAL_S3: Final = r"s3(\.dualstack)?\.[a-z]{2}(-[a-z]+)+-\d\.amazonaws\.com"
"""A region's path-style endpoints of S3: public suffixes, because buckets are names below them, and also hosts.

A VPC's gateway endpoint answers for them, with a policy that names the buckets; the global s3.amazonaws.com has none."""
