"""Holds a bill of materials against CycloneDX's own JSON schema, strictly: check.py FILE"""

import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

fault = JsonStrictValidator(SchemaVersion.V1_5).validate_str(Path(sys.argv[1]).read_text(encoding="utf-8"))
if fault:
    sys.exit(str(fault)[:2000])
