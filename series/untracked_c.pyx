# cython: language_level=3
"""The compiled twin of `series.untracked`: a class is made by PyType_FromSpec, which, unlike the
`class` statement, asks for the garbage collector only if it is told to."""

cdef extern from "Python.h":
    const unsigned long Py_TPFLAGS_DEFAULT
    ctypedef struct PyType_Slot:
        int slot
        void *pfunc
    ctypedef struct PyType_Spec:
        const char *name
        int basicsize
        int itemsize
        unsigned int flags
        PyType_Slot *slots
    object PyType_FromSpecWithBases(PyType_Spec *spec, object bases)

INTERFACE = 6

# What a class statement adds for itself.
OWN = frozenset(("__dict__", "__weakref__", "__slots__"))
names = []  # for as long as the classes live


def untracked(type cls not None):
    """Raises TypeError for what is no plain subclass of bytes."""
    if cls.__bases__ != (bytes,) or cls.__basicsize__ != bytes.__basicsize__:
        raise TypeError("only a subclass of bytes without attributes of its own")
    name = f"{cls.__module__}.{cls.__qualname__}".encode()
    names.append(name)
    cdef PyType_Slot end
    end.slot, end.pfunc = 0, NULL
    cdef PyType_Spec spec
    # Sizes of 0 are those of the base.
    spec.name, spec.basicsize, spec.itemsize = name, 0, 0
    spec.flags = Py_TPFLAGS_DEFAULT
    spec.slots = &end
    bare = PyType_FromSpecWithBases(&spec, (bytes,))
    for key, value in vars(cls).items():
        if key not in OWN:
            setattr(bare, key, value)
    return bare
