"""The image of the agent runs as a SageMaker endpoint with internet access."""

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
    # NOT OK: model: it is an image that SageMaker runs
    image = {"image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/agent:1"}
    model = aws.sagemaker.Model("model", execution_role_arn="arn:aws:iam::111122223333:role/model", primary_container=image)
    # NOT OK: variants: they are machines of SageMaker
    variants = [{"model_name": model.name, "initial_instance_count": 1, "instance_type": "ml.m5.large"}]
    configuration = aws.sagemaker.EndpointConfiguration("variants", production_variants=variants)
    # NOT OK: endpoint: it runs code in a network of its own
    aws.sagemaker.Endpoint("endpoint", endpoint_config_name=configuration.name)
