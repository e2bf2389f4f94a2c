"""Lets ``python custom_nodes/<this folder> plan workflow.json`` work from anywhere, without installing."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parent))

from modelget.cli import main

raise SystemExit(main())
