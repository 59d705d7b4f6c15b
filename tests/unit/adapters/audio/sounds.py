"""Sound files to be decoded."""

import base64
import io
import math
import struct
import wave

MP3 = base64.b64decode(
    "//M4xAASEGKsX0wYAAGn22/4Xr169evXr31hgYHkIhgDgHA+IgkCQYHiwEDInB8H35zk/DEp7+j39Hv6Pf/BAHwfB8HwcBAMFAwD4Py4EBB1AP"
    "v0e9UoBDCBBgYAALSSG//8CgiIPt39yTEj//M4xBYaWTqcV5ugALOgfAIgHUMpgI4faPgLjwFAIYpAwSENDNAMAwDpkRyhcwuYmf8c0c0miLEW"
    "/8ho5o5pNEWIt/+Yl0upF4vHfyoSBoShL/g0JQkDQlO//g0JQkHSqsAAABhU4u8/+f9A//M4xAsVuHI+Xd5IAM6TmgtvDAPAWMCcGgwhwGDCGD"
    "TMXg9c5tjHD/RQYMs0vYx4hdTE8JXMAUQMwdgJTAOADTuVih54R4FaP0P72f9H+39n/R9n//9vX9PMAABae2y60bZmMAxl9m4qHCIW//M4xBMQ"
    "CGJyXha8RmFoGEwhQYsYOQAAFYMYCADqEtf0VtBtTaP09b2f9H+xH2f+rz6bP7vf2q1VdKr//+RNIQFB40OiApMaZDV7MwKIEwMEnCSTCghmoz"
    "JX7ENqCImDDWwvkwdUHfMLGEFj//M4xDEX2MIcAN/oaASMFWMDjASQOQQACZgKDAtmGWBQBBy5/9fz32er/+3ow58cjYr3bv/+5KrV1J01gAAE"
    "EARpT9f/wai4SAiBQQMJwMEidASHmbgPGw4hntBDGjnhKRy0wIkYfSC+mCUg//M4xDAawOYhvO/ohPuYD0LfGAOhAwgAfwKrASHhCAD/izCIEu"
    "efv1a/n+vzyrP9/r1WVOQl3lEapDpvT1f3IuIKe1Vm9C3ozAAAffu12tG+qFAo1DLhKqhcMYqWZc/ibVDWYEgAuUwNCgvY//M4xCQQ6GJyXha6"
    "Rr1i1kOLZLaOj3EVe7t/2o+S+Lp2Kdzuz+/T7mL11oyaoAAFikv/v/SMTREEgwVLAGCaToYCmBnmBQAyhgs4kKY41ZVmd/jBZg/QPwaWI4b1yS"
    "ZiFmZNA0BhbDgURHWo//M4xD8VqHYqEtf6ZNfhukP39m+zv9vu9Wr9f7dVHVo//T//XYIAAAH79vvthCsrq4vHHnXoEBc1YgwHFwgQIYColTtm"
    "LorNb6/d03/939fvrf6LqnkuvT//0bFW767VwAAAHOdrjkH/z/1K//M4xEcOoF6C/gp4JlrSpS2IBAxgYJmFxcY6OJqO7GfB9QcKY9hhQAjmBR"
    "saElpiswmJwMXRYM/Mu4IfX7+m/0/9er+//29X//R/7NbsAABee3XXYQLHYasceNYARgSBBKMXfQM4hsMCQPLb//M4xGsS+G5GXue4gJwYnU0O"
    "cvmSjZX8rXXT6vT/nU/I/FORX7d3/9KnNXl6kbaCAAABC/f3bYW8yMuzkXcRS83CNiwg94EAMLy3YgFiO0TqC0z+zPdF7ezr+rLTnq/97eU0//"
    "p6/+uEAAAC//M4xH4QMGJ2Xg9wSnv393/G85ipqWVP6uYCRM4684YHUInxC4QXhFbWOeo/X7k/d0f7v2f9P357/09TkqtL1pyVoAAAGdlskkH7"
    "//wuw246tiYiIhgKgbmB6C2YYoh5iBQWmDWF2XmBQEAY//M4xJwOQF5+/g44RgjmAYAOYBwAyYDLLtPbG+U2LyzPJ+vxD87nk6Mh9fTf3bv/3f"
    "9fQoAQQgQggAP+1LDEALDAcUfBIQbLPmKIQmLZBgRcTUB0jFwtD75LSw+BtWcoGfxyBJaiTgUTYDAH//M4xMIOKGKG/g44RiCAaFCgGDR4BjAB"
    "ekg7AYaDANAqAMLwAQL9O+CEAAKAwLXA6ELK/23wwOHpA2ID2BCoXV/2/GuOcJ0H4gouMfP//47hOg6h2iyyGkkMwQL///8lhzyKkmQQixIEXI"
    "qS//M4xOgUKHJeX14IAmRQnv////zRM1N0DY0TNTdA+aLPf/////+b1VBlvku3/A2Zm1CiTVRMYUFATUBAVLZl2ZjoUBPAqGiwcg08FXiUNFg5"
    "BqCrxKGlHoNHgVPFQVUHIiPLwV4iDvBU7lga//M4xPYsS8p0VZ2oAOJQ1waflQV4iDusFTuWBpVMQU1FNC4wVVVVVVVVVVVVVVVVVVVVVVVVVV"
    "VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV//M4xKMU0JLBn8MYAlVVVVVVVVVVVVVVVVVVVVVV"
    "VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV"
)
"""Half a second of 440 Hz at 16 kHz, made by LAME; with the encoder's delay it decodes to 0.576 s."""


def sine(frequency: float, seconds: float, rate: int, amplitude: float = 0.3) -> bytes:
    """Give samples of a tone; `amplitude`: 0..1."""
    step = 2 * math.pi * frequency / rate
    samples = (round(32767 * amplitude * math.sin(step * position)) for position in range(int(seconds * rate)))
    return b"".join(struct.pack("=h", sample) for sample in samples)


def wav(samples: bytes, rate: int, channels: int = 1, width: int = 2) -> bytes:
    """Give a wav file of samples."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate)
        writer.writeframes(samples)
    return file.getvalue()
