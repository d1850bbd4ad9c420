"""When and where the work of the bridge is done."""
