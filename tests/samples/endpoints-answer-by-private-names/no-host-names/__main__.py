"""A place's VPC lets no endpoint answer by AWS's names."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(vpc={"enable_dns_hostnames": place.REPAIRED})  # NOT OK: vpc: private names need it
