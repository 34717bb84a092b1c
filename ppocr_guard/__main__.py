import sys

from ppocr_guard.cli import main

sys.exit(main())
