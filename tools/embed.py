"""embed.py SYMBOL OUTPUT [FILE] - a C source with the bytes of FILE, or with
none, as SYMBOL, and their number as SYMBOL_size."""

import sys
from pathlib import Path

symbol, output, *files = sys.argv[1:]
data = b"".join(Path(name).read_bytes() for name in files)
lines = [",".join(map(str, data[i : i + 24])) for i in range(0, len(data), 24)] or ["0"]
Path(output).write_text(
    "#include <stddef.h>\n#include <stdint.h>\n\n"
    f"extern const uint8_t {symbol}[];\nextern const size_t {symbol}_size;\n\n"
    f"const uint8_t {symbol}[] = {{\n" + ",\n".join(lines) + "\n};\n"
    f"const size_t {symbol}_size = {len(data)};\n"
)
