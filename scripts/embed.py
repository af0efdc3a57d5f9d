#!/usr/bin/env python3
"""embed.py SYMBOL INPUT OUTPUT.S: an assembler file that holds INPUT's bytes between SYMBOL and SYMBOL_end."""
import pathlib, sys

symbol, source, target = sys.argv[1:]
path = str(pathlib.Path(source).resolve()).replace("\\", "\\\\").replace('"', '\\"')
pathlib.Path(target).write_text(f"""    .section .rodata
    .global {symbol}, {symbol}_end
    .balign 16
{symbol}:
    .incbin "{path}"
{symbol}_end:
    .byte 0
    .section .note.GNU-stack,"",%progbits
""")
