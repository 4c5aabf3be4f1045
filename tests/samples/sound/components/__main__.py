"""Components within components, a host tagged by its provider, list outputs, an Aviatrix gateway."""

import pulumi
import pulumi_aviatrix as aviatrix
import pulumi_aws as aws

tagged = aws.Provider("tagged", region="us-east-1", default_tags={"tags": {"Role": "openclaw-agent-harness", "Team": "research"}})


class Network(pulumi.ComponentResource):
    """A VPC with private subnets, and one public subnet for the gateway."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sample:network:Network", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.vpc = aws.ec2.Vpc(f"{name}-vpc", cidr_block="172.20.0.0/16", opts=child)
        gateway = aws.ec2.InternetGateway(f"{name}-igw", vpc_id=self.vpc.id, opts=child)
        self.public = aws.ec2.Subnet(
            f"{name}-public", vpc_id=self.vpc.id, cidr_block="172.20.0.0/24", map_public_ip_on_launch=True, opts=child
        )
        outside = aws.ec2.RouteTable(
            f"{name}-public", vpc_id=self.vpc.id, routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": gateway.id}], opts=child
        )
        aws.ec2.RouteTableAssociation(f"{name}-public", subnet_id=self.public.id, route_table_id=outside.id, opts=child)
        subnets = []
        for number, zone in enumerate(("us-east-1a", "us-east-1b")):
            one = aws.ec2.Subnet(
                f"{name}-{zone}", vpc_id=self.vpc.id, cidr_block=f"172.20.{10 + number}.0/24", availability_zone=zone, opts=child
            )
            table = aws.ec2.RouteTable(f"{name}-{zone}", vpc_id=self.vpc.id, opts=child)
            aws.ec2.RouteTableAssociation(f"{name}-{zone}", subnet_id=one.id, route_table_id=table.id, opts=child)
            subnets.append(one)
        self.private_ids = pulumi.Output.all(*[one.id for one in subnets])
        self.register_outputs({"private_ids": self.private_ids})


network = Network("net")
spoke = aviatrix.SpokeGateway(
    "spoke",
    cloud_type=1,
    account_name="lab",
    gw_name="agents-spoke",
    vpc_id=network.vpc.id,
    vpc_reg="us-east-1",
    gw_size="t3.medium",
    subnet=network.public.cidr_block.apply(str),
    single_ip_snat=True,
)
aws.ec2.Instance(
    "worker",
    ami="ami-00000000000022041",
    instance_type="t3.large",
    subnet_id=network.private_ids.apply(lambda ids: ids[0]),
    metadata_options={"http_tokens": "required", "http_endpoint": "enabled"},
    tags={"Name": "worker"},
    opts=pulumi.ResourceOptions(provider=tagged, depends_on=[spoke]),
)
agents = aviatrix.SmartGroup(
    "agents",
    name="agents",
    selector=aviatrix.SmartGroupSelectorArgs(
        match_expressions=[aviatrix.SmartGroupSelectorMatchExpressionArgs(cidr=f"172.20.{10 + number}.0/24") for number in range(2)]
    ),
)
models = aviatrix.WebGroup(
    "models",
    name="models",
    selector={
        "match_expressions": [
            {"snifilter": name}
            for name in ("*.openai.com", "*.anthropic.com", "*.googleapis.com", "*.mistral.ai", "*openrouter.ai", "*.deepseek.com")
        ]
    },
)
git = aviatrix.WebGroup("git", name="git", selector={"match_expressions": [{"snifilter": "github.com"}, {"snifilter": "*.github.com"}]})
INTERNET = "def000ad-0000-0000-0000-000000000001"
aviatrix.DistributedFirewallingPolicyList(
    "policy",
    policies=[
        {
            "name": "no-unapproved-models",
            "action": "DENY",
            "protocol": "TCP",
            "port_ranges": [{"lo": 443, "hi": 443}],
            "src_smart_groups": [agents.id],
            "dst_smart_groups": [INTERNET],
            "web_groups": [models.id],
            "logging": True,
        },
        {
            "name": "git",
            "action": "PERMIT",
            "protocol": "TCP",
            "port_ranges": [{"lo": 443, "hi": 443}],
            "src_smart_groups": [agents.id],
            "dst_smart_groups": [INTERNET],
            "web_groups": [git.id],
            "flow_app_requirement": "TLS_REQUIRED",
            "logging": True,
        },
    ],
)
aviatrix.DistributedFirewallingDefaultActionRule("otherwise", action="DENY", logging=True)
