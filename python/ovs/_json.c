/* A parser of JSON for ovs.json, which has the same in Python, only slower.
 *
 * feed() looks for the end of the value while text comes in, by counting
 * brackets; finish() reads it.  What is not JSON is left to
 * ovs.json.explain(), which says what is wrong with it. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* As in ovs.json. */
enum { MAX_DEPTH = 1000 };

/* The characters of a string object. */
struct text {
    PyObject *object;
    int kind;
    const void *data;
    Py_ssize_t n;
};

static struct text
text_of(PyObject *object)
{
    return (struct text){ object, PyUnicode_KIND(object),
                          PyUnicode_DATA(object),
                          PyUnicode_GET_LENGTH(object) };
}

/* The character at 'i', or 0, which JSON never has, at the end. */
static inline Py_UCS4
text_at(const struct text *text, Py_ssize_t i)
{
    return i < text->n ? PyUnicode_READ(text->kind, text->data, i) : 0;
}

static inline bool
is_space(Py_UCS4 c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline bool
is_digit(Py_UCS4 c)
{
    return c >= '0' && c <= '9';
}

static Py_ssize_t
skip_space(const struct text *text, Py_ssize_t i)
{
    while (is_space(text_at(text, i))) {
        i++;
    }
    return i;
}

/* --- Reading a whole text ------------------------------------------------ */

/* An object or array that is being filled. */
struct level {
    PyObject *container; /* Owned. */
    PyObject *name;      /* Owned: of the member whose value comes next. */
};

struct reader {
    struct text text;
    Py_ssize_t at;
    PyObject *names; /* A dict of the names seen, to share them. */
    size_t n_levels;
    struct level levels[MAX_DEPTH]; /* Outermost first. */
};

/* Every function below that returns an object returns NULL either with an
 * exception set, or without: the text is not JSON. */

/* The value of four hexadecimal digits at 'i', or -1. */
static int
read_hex4(const struct text *text, Py_ssize_t i)
{
    int value = 0;
    for (Py_ssize_t end = i + 4; i < end; i++) {
        Py_UCS4 c = text_at(text, i);
        if (c >= 0x80 || !isxdigit((int) c)) {
            return -1;
        }
        value = value * 16 + (is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

/* Decodes the \u escape whose digits begin at '*ip' and goes past it; returns
 * 0, which strings may not have, if it is wrong. */
static Py_UCS4
read_unicode_escape(const struct text *text, Py_ssize_t *ip)
{
    int high = read_hex4(text, *ip);
    if (high <= 0 || (high >= 0xdc00 && high <= 0xdfff)) {
        return 0;
    }
    *ip += 4;
    if (high < 0xd800 || high > 0xdfff) {
        return high;
    }
    bool is_pair = text_at(text, *ip) == '\\' && text_at(text, *ip + 1) == 'u';
    int low = is_pair ? read_hex4(text, *ip + 2) : -1;
    if (low < 0xdc00 || low > 0xdfff) {
        return 0;
    }
    *ip += 6;
    return 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
}

/* Decodes the escape after the backslash before '*ip', like
 * read_unicode_escape(). */
static Py_UCS4
read_escape(const struct text *text, Py_ssize_t *ip)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    Py_UCS4 c = text_at(text, (*ip)++);
    if (c == 'u') {
        return read_unicode_escape(text, ip);
    }
    const char *letter = c && c < 0x80 ? strchr(letters, (int) c) : NULL;
    return letter ? (Py_UCS4) values[letter - letters] : 0;
}

/* The string with escapes from 'start' to 'end'. */
static PyObject *
unescape(const struct text *text, Py_ssize_t start, Py_ssize_t end)
{
    Py_UCS4 *out = PyMem_New(Py_UCS4, end - start);
    if (!out) {
        return PyErr_NoMemory();
    }
    Py_ssize_t n = 0;
    Py_UCS4 c = 1;
    for (Py_ssize_t i = start; i < end && c;) {
        c = text_at(text, i++);
        if (c == '\\') {
            c = read_escape(text, &i);
        }
        out[n++] = c;
    }
    PyObject *result =
        c ? PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, out, n) : NULL;
    PyMem_Free(out);
    return result;
}

/* Reads the string after the quotation mark before 'r->at'. */
static PyObject *
read_string(struct reader *r)
{
    const struct text *text = &r->text;
    Py_ssize_t start = r->at;
    Py_ssize_t i = start;
    bool has_escapes = false;
    for (;; i++) {
        if (i >= text->n) {
            return NULL;
        }
        Py_UCS4 c = text_at(text, i);
        if (c == '"') {
            break;
        } else if (c < 0x20) {
            return NULL;
        } else if (c == '\\') {
            has_escapes = true;
            i++;
        }
    }
    r->at = i + 1;
    return has_escapes ? unescape(text, start, i)
                       : PyUnicode_Substring(text->object, start, i);
}

/* The end of the digits at 'i', or -1 if there are none. */
static Py_ssize_t
skip_digits(const struct text *text, Py_ssize_t i)
{
    Py_ssize_t start = i;
    while (is_digit(text_at(text, i))) {
        i++;
    }
    return i > start ? i : -1;
}

/* The end of the number at 'i', or -1; whether it has a fraction or an
 * exponent. */
static Py_ssize_t
find_number_end(const struct text *text, Py_ssize_t i, bool *is_realp)
{
    *is_realp = false;
    i += text_at(text, i) == '-';
    i = text_at(text, i) == '0' ? i + 1 : skip_digits(text, i);
    if (i >= 0 && text_at(text, i) == '.') {
        *is_realp = true;
        i = skip_digits(text, i + 1);
    }
    if (i >= 0 && (text_at(text, i) | 0x20) == 'e') {
        *is_realp = true;
        i++;
        i += text_at(text, i) == '+' || text_at(text, i) == '-';
        i = skip_digits(text, i);
    }
    return i;
}

/* The number in 'digits': an integer if it has no fraction and fits into 64
 * bits. */
static PyObject *
parse_number(const char *digits, bool is_real)
{
    errno = 0;
    long long integer = is_real ? 0 : strtoll(digits, NULL, 10);
    if (!is_real && !errno) {
        return PyLong_FromLongLong(integer);
    }
    /* Not strtod(), which obeys the locale. */
    double value = PyOS_string_to_double(digits, NULL, PyExc_OverflowError);
    if (value == -1.0 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            PyErr_Clear();
        }
        return NULL;
    }
    const double limit = 9223372036854775808.0;
    bool fits = value >= -limit && value < limit;
    return fits && (double) (int64_t) value == value
               ? PyLong_FromLongLong((int64_t) value)
               : PyFloat_FromDouble(value);
}

static PyObject *
read_number(struct reader *r)
{
    bool is_real;
    Py_ssize_t end = find_number_end(&r->text, r->at, &is_real);
    if (end < 0) {
        return NULL;
    }
    PyObject *digits = PyUnicode_Substring(r->text.object, r->at, end);
    const char *s = digits ? PyUnicode_AsUTF8(digits) : NULL;
    PyObject *number = s ? parse_number(s, is_real) : NULL;
    Py_XDECREF(digits);
    r->at = end;
    return number;
}

/* 'value' if the keyword 'name' is next. */
static PyObject *
read_keyword(struct reader *r, const char *name, PyObject *value)
{
    for (; *name; name++) {
        if (text_at(&r->text, r->at++) != (unsigned char) *name) {
            return NULL;
        }
    }
    Py_INCREF(value);
    return value;
}

static PyObject *
read_scalar(struct reader *r)
{
    switch (text_at(&r->text, r->at)) {
    case '"':
        r->at++;
        return read_string(r);
    case 't':
        return read_keyword(r, "true", Py_True);
    case 'f':
        return read_keyword(r, "false", Py_False);
    case 'n':
        return read_keyword(r, "null", Py_None);
    default:
        return read_number(r);
    }
}

/* Begins the object or array whose bracket is before 'r->at'. */
static bool
push_level(struct reader *r, Py_UCS4 bracket)
{
    PyObject *container = NULL;
    if (r->n_levels < MAX_DEPTH) {
        container = bracket == '{' ? PyDict_New() : PyList_New(0);
    }
    if (!container) {
        return false;
    }
    r->levels[r->n_levels++] = (struct level){ container, NULL };
    return true;
}

/* Reads a name and the colon into the innermost level. */
static bool
read_name(struct reader *r)
{
    r->at = skip_space(&r->text, r->at);
    if (text_at(&r->text, r->at) != '"') {
        return false;
    }
    r->at++;
    PyObject *name = read_string(r);
    if (!name) {
        return false;
    }
    PyObject *shared = PyDict_SetDefault(r->names, name, name);
    Py_XINCREF(shared);
    Py_DECREF(name);
    r->levels[r->n_levels - 1].name = shared;
    r->at = skip_space(&r->text, r->at);
    return shared && text_at(&r->text, r->at++) == ':';
}

/* Puts 'value', which this takes, into the innermost level. */
static bool
put_value(struct reader *r, PyObject *value)
{
    struct level *level = &r->levels[r->n_levels - 1];
    int error;
    if (level->name) {
        error = PyDict_SetItem(level->container, level->name, value);
        Py_CLEAR(level->name);
    } else {
        error = PyList_Append(level->container, value);
    }
    Py_DECREF(value);
    return !error;
}

/* What a step of reading came to. */
enum step {
    STEP_FAILED, /* An exception is set, or the text is not JSON. */
    STEP_OPENED, /* A container begins. */
    STEP_VALUE,  /* A value is in its container. */
    STEP_DONE,   /* The outermost container has ended; it is in levels[0]. */
};

/* Reads the next value of the innermost container, or the end of that.
 * 'is_first': nothing is in the container yet. */
static enum step
read_step(struct reader *r, bool is_first)
{
    struct level *level = &r->levels[r->n_levels - 1];
    bool is_object = PyDict_CheckExact(level->container);
    r->at = skip_space(&r->text, r->at);
    if (text_at(&r->text, r->at) == (is_object ? '}' : ']')) {
        r->at++;
        if (r->n_levels == 1) {
            return STEP_DONE;
        }
        r->n_levels--;
        return put_value(r, level->container) ? STEP_VALUE : STEP_FAILED;
    }
    if (!is_first && text_at(&r->text, r->at++) != ',') {
        return STEP_FAILED;
    }
    if (is_object && !read_name(r)) {
        return STEP_FAILED;
    }
    r->at = skip_space(&r->text, r->at);
    Py_UCS4 c = text_at(&r->text, r->at);
    if (c == '{' || c == '[') {
        r->at++;
        return push_level(r, c) ? STEP_OPENED : STEP_FAILED;
    }
    PyObject *value = read_scalar(r);
    return value && put_value(r, value) ? STEP_VALUE : STEP_FAILED;
}

/* The object or array that is the whole text. */
static PyObject *
read_document(struct reader *r)
{
    r->at = skip_space(&r->text, 0);
    Py_UCS4 c = text_at(&r->text, r->at);
    if (c != '{' && c != '[') {
        return NULL;
    }
    r->at++;
    enum step step = push_level(r, c) ? STEP_OPENED : STEP_FAILED;
    while (step == STEP_OPENED || step == STEP_VALUE) {
        step = read_step(r, step == STEP_OPENED);
    }
    if (step == STEP_FAILED || skip_space(&r->text, r->at) != r->text.n) {
        return NULL;
    }
    r->n_levels = 0;
    return r->levels[0].container;
}

/* The value of 'object', a string. */
static PyObject *
read_text(PyObject *object)
{
    struct reader r;
    r.text = text_of(object);
    r.n_levels = 0;
    r.names = PyDict_New();
    PyObject *result = r.names ? read_document(&r) : NULL;
    while (r.n_levels) {
        r.n_levels--;
        Py_DECREF(r.levels[r.n_levels].container);
        Py_XDECREF(r.levels[r.n_levels].name);
    }
    Py_XDECREF(r.names);
    return result;
}

/* --- The type ------------------------------------------------------------ */

struct parser {
    PyObject ob_base;
    PyObject *pieces; /* A list of strings: what feed() took. */
    Py_ssize_t depth; /* Of brackets. */
    bool check_trailer;
    bool in_string;
    bool in_escape;
    bool is_started;  /* Something other than white space came. */
    bool is_done;     /* The value has ended, or cannot be one. */
    bool has_trailer; /* Something other than white space came then. */
};

/* Takes a character outside of strings. */
static void
scan_outside(struct parser *p, Py_UCS4 c)
{
    if (c == '"') {
        p->in_string = true;
    } else if (c == '{' || c == '[') {
        p->depth++;
        p->is_done = p->depth > MAX_DEPTH;
    } else if (c == '}' || c == ']') {
        p->depth--;
        p->is_done = p->depth <= 0;
    } else if (!is_space(c)
               && (!c || c >= 0x80
                   || (!isalnum((int) c) && !strchr(":,+.-", (int) c)))) {
        p->is_done = true;
    }
}

/* The index in 'text' after the end of the value, or its length. */
static Py_ssize_t
scan(struct parser *p, const struct text *text)
{
    Py_ssize_t i = 0;
    if (!p->is_started) {
        i = skip_space(text, 0);
        if (i == text->n) {
            return i;
        }
        p->is_started = true;
        if (text_at(text, i) != '{' && text_at(text, i) != '[') {
            p->is_done = true;
            return text->n;
        }
    }
    while (i < text->n && !p->is_done) {
        Py_UCS4 c = text_at(text, i++);
        if (p->in_escape) {
            p->in_escape = false;
        } else if (!p->in_string) {
            scan_outside(p, c);
        } else if (c == '\\') {
            p->in_escape = true;
        } else if (c == '"') {
            p->in_string = false;
        }
    }
    return i;
}

static PyObject *
parser_feed(struct parser *p, PyObject *s)
{
    if (!PyUnicode_Check(s)) {
        return PyErr_Format(PyExc_TypeError, "feed() wants a str, not %s",
                            Py_TYPE(s)->tp_name);
    }
    struct text text = text_of(s);
    Py_ssize_t used = p->is_done ? 0 : scan(p, &text);
    Py_ssize_t kept = used;
    if (p->is_done && p->check_trailer && !p->has_trailer) {
        p->has_trailer = skip_space(&text, used) < text.n;
        kept = text.n;
        if (!p->has_trailer) {
            used = text.n;
        }
    }
    PyObject *piece = PyUnicode_Substring(s, 0, kept);
    int error = piece ? PyList_Append(p->pieces, piece) : -1;
    Py_XDECREF(piece);
    return error ? NULL : PyLong_FromSsize_t(used);
}

static PyObject *
parser_is_done(struct parser *p, PyObject *args)
{
    (void) args;
    return PyBool_FromLong(p->is_done);
}

static PyObject *
parser_finish(struct parser *p, PyObject *args)
{
    (void) args;
    PyObject *empty = PyUnicode_FromString("");
    PyObject *text = empty ? PyUnicode_Join(empty, p->pieces) : NULL;
    Py_XDECREF(empty);
    if (!text) {
        return NULL;
    }
    PyObject *result = read_text(text);
    if (!result && !PyErr_Occurred()) {
        PyObject *module = PyImport_ImportModule("ovs.json");
        result =
            module ? PyObject_CallMethod(module, "explain", "O", text) : NULL;
        Py_XDECREF(module);
    }
    Py_DECREF(text);
    return result;
}

static PyObject *
parser_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = { "check_trailer", NULL };
    int check_trailer = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|p:Parser", names,
                                     &check_trailer)) {
        return NULL;
    }
    struct parser *p = (struct parser *) type->tp_alloc(type, 0);
    if (!p) {
        return NULL;
    }
    p->check_trailer = check_trailer;
    p->pieces = PyList_New(0);
    if (!p->pieces) {
        Py_CLEAR(p);
    }
    return (PyObject *) p;
}

static void
parser_dealloc(struct parser *p)
{
    PyTypeObject *type = Py_TYPE(p);
    Py_XDECREF(p->pieces);
    type->tp_free(p);
    Py_DECREF(type);
}

static PyMethodDef parser_methods[] = {
    { "feed", (PyCFunction) parser_feed, METH_O,
      "Takes text up to the end of the value; returns how much it took." },
    { "finish", (PyCFunction) parser_finish, METH_NOARGS,
      "The value, or a string: what is wrong." },
    { "is_done", (PyCFunction) parser_is_done, METH_NOARGS,
      "Whether the value has ended, or cannot be one." },
    { NULL, NULL, 0, NULL },
};

static PyType_Slot parser_slots[] = {
    { Py_tp_doc, "Takes text in pieces." },
    { Py_tp_new, parser_new },
    { Py_tp_dealloc, parser_dealloc },
    { Py_tp_methods, parser_methods },
    { 0, NULL },
};

static PyType_Spec parser_spec = {
    .name = "ovs._json.Parser",
    .basicsize = sizeof(struct parser),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = parser_slots,
};

static int
module_exec(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&parser_spec);
    int error = type ? PyModule_AddType(module, (PyTypeObject *) type) : -1;
    Py_XDECREF(type);
    return error;
}

static PyModuleDef_Slot module_slots[] = {
    { Py_mod_exec, module_exec },
    { 0, NULL },
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ovs._json",
    .m_doc = "The parser of ovs.json, in C.",
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit__json(void)
{
    return PyModuleDef_Init(&module);
}
