"""A virtual machine per task: booted from one fixed image, with fresh disks in memory, behind the lab's gateway, and gone afterwards."""
