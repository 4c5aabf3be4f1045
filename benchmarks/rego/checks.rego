# The checks that `benchmarks/offline.py` compares, on the output of `pulumi stack export`: the ids of broken checks.
package checks

import rego.v1

resources := input.deployment.resources

instances := [one | some one in resources; one.type == "aws:ec2/instance:Instance"]

broken contains "agent-host-has-no-public-ip" if {
	some one in instances
	one.inputs.associatePublicIpAddress == true
}

broken contains "agent-host-requires-imdsv2" if {
	some one in instances
	object.get(one.inputs, ["metadataOptions", "httpTokens"], "") != "required"
}

broken contains "agent-volumes-are-encrypted" if {
	some one in instances
	object.get(one.inputs, ["rootBlockDevice", "encrypted"], false) != true
}

broken contains "agent-host-takes-no-ingress" if {
	some group in resources
	group.type == "aws:ec2/securityGroup:SecurityGroup"
	some rule in group.inputs.ingress
	rule.fromPort <= 22
	rule.toPort >= 22
	some cidr in rule.cidrBlocks
	cidr == "0.0.0.0/0"
}

broken contains "agent-role-is-minimal" if {
	some one in resources
	one.type == "aws:iam/rolePolicy:RolePolicy"
	some statement in json.unmarshal(one.inputs.policy).Statement
	statement.Effect == "Allow"
	statement.Action == "*"
	statement.Resource == "*"
}
