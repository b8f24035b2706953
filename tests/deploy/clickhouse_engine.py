"""Serves the configuration in the folder argv[1] with the engine of the chdb-core wheel."""

import os
import sys

from chdb import _chdb

if __name__ == "__main__":
    os.chdir(sys.argv[1])
    forever = "SELECT sleepEachRow(1) FROM system.numbers SETTINGS max_block_size = 1 FORMAT Null"
    _chdb.query(f"SYSTEM START LISTEN HTTP; {forever}", "TSV", path=f"{sys.argv[1]}/data")
