"""A connector of MSK runs code in the subnet of the agents."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
if not base.REPAIRED:
    # NOT OK: connector: its plugin is code of somebody else
    aws.mskconnect.Connector(
        "connector",
        kafkaconnect_version="2.7.1",
        capacity={"provisioned_capacity": {"mcu_count": 1, "worker_count": 1}},
        connector_configuration={"connector.class": "example"},
        kafka_cluster={"apache_kafka_cluster": {"bootstrap_servers": "kafka:9092", "vpc": {"security_groups": [], "subnets": [subnet.id]}}},
        kafka_cluster_client_authentication={"authentication_type": "NONE"},
        kafka_cluster_encryption_in_transit={"encryption_type": "TLS"},
        plugins=[{"custom_plugin": {"arn": "arn:aws:kafkaconnect:us-east-1:111122223333:custom-plugin/example", "revision": 1}}],
        service_execution_role_arn="arn:aws:iam::111122223333:role/connector",
    )
