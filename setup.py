"""The compiled half of the build: every `*_c.pyx` becomes an extension module, if that is possible.

All else about the package is in pyproject.toml. Each extension is optional: without a C compiler or
Python's headers the install succeeds, and the twin in pure Python runs (`series/kernel.py`).
In a work tree: `python setup.py build_ext --inplace`.
"""

import os
from pathlib import Path

from setuptools import Extension, setup

ROOT = Path(__file__).parent
# `make asan` builds with other flags, elsewhere.
FLAGS = os.environ.get("PROMFERRY_CFLAGS", "-O2").split()
ROOMS = ("series", "scraper", "receivers")


def sources() -> list[Path]:
    return sorted(
        path.relative_to(ROOT) for room in ROOMS for path in ROOT.glob(f"{room}/**/*_c.pyx")
    )


def included() -> list[str]:
    found = [path for room in ROOMS for path in ROOT.glob(f"{room}/**/*_c.*")]
    return [str(path.relative_to(ROOT)) for path in found if path.suffix in (".pxi", ".h")]


def extensions() -> list[Extension]:
    try:
        from Cython.Build import cythonize
    except ImportError:  # only without build isolation: pip brings what pyproject.toml names
        print("Cython is not installed: the compiled kernel is not built")
        return []
    wanted = [
        Extension(
            ".".join(path.with_suffix("").parts),
            [str(path)],
            include_dirs=["."],
            depends=included(),
            extra_compile_args=FLAGS,
            extra_link_args=[flag for flag in FLAGS if flag.startswith("-fsanitize")],
        )
        for path in sources()
    ]
    # The C files do not lie about in the source.
    built: list[Extension] = cythonize(wanted, build_dir="build/cython", quiet=True)
    for extension in built:
        extension.optional = True  # cythonize forgets it
    return built


setup(ext_modules=extensions())
