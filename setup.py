"""Builds the media engine in C; everything else about the project is said in pyproject.toml."""

from pathlib import Path

from setuptools import Extension, setup

CORE = Path("src/ringback/media/core")

setup(
    ext_modules=[
        Extension(
            "ringback.media.core._core",
            sources=sorted(map(str, (*CORE.glob("*.c"), *CORE.glob("vendor/*.c")))),
            depends=sorted(map(str, CORE.rglob("*.h"))),
            include_dirs=[str(CORE)],
            define_macros=[("_GNU_SOURCE", None), ("Py_LIMITED_API", "0x030B0000")],
            extra_compile_args=[
                "-std=c11",
                "-O2",
                "-pthread",
                "-Werror=implicit-function-declaration",
                "-fvisibility=hidden",
            ],
            extra_link_args=["-pthread"],
            py_limited_api=True,
            optional=True,  # without a compiler the engine in plain Python serves
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
