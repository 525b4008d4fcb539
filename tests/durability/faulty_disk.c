/* Makes calls to files under a path fail while a control file says so; for LD_PRELOAD.
 *
 * FAULTY_PREFIX: paths that begin so. FAULTY_CONTROL: a file of lines "call errno", such as
 * "fsync 5"; it is read at each call, so faults come and go while the program runs. Calls: write,
 * fsync, open (for writing), rename, truncate, unlink. "slow 3": a sync takes 3 seconds more.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int wanted(const char *call)
{
    const char *path = getenv("FAULTY_CONTROL");
    char text[1024];
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    ssize_t length = syscall(SYS_read, fd, text, sizeof text - 1);
    syscall(SYS_close, fd);
    text[length > 0 ? length : 0] = 0;
    size_t size = strlen(call);
    for (char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL)
        if (!strncmp(line, call, size) && line[size] == ' ')
            return atoi(line + size);
    return 0;
}

static int is_ours(const char *path)
{
    const char *prefix = getenv("FAULTY_PREFIX");
    return prefix && path && !strncmp(path, prefix, strlen(prefix));
}

static int is_our_file(int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    return is_ours(path);
}

#define FAIL(call, mine)                                                                           \
    do {                                                                                           \
        int number = (mine) ? wanted(call) : 0;                                                    \
        if (number) {                                                                              \
            errno = number;                                                                        \
            return -1;                                                                             \
        }                                                                                          \
    } while (0)

#define REAL(type, name, ...)                                                                      \
    static type (*real)(__VA_ARGS__);                                                              \
    if (!real)                                                                                     \
        real = dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *data, size_t count)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    FAIL("write", is_our_file(fd));
    return real(fd, data, count);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t at)
{
    static int is_second_half;
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    if (is_our_file(fd) && wanted("write")) {
        /* A disk that fills up takes a part first, and then none. */
        is_second_half = !is_second_half;
        if (is_second_half && count > 1)
            return real(fd, data, count / 2, at);
        FAIL("write", 1);
    }
    return real(fd, data, count, at);
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t at)
{
    return pwrite64(fd, data, count, at);
}

int fsync(int fd)
{
    REAL(int, "fsync", int);
    FAIL("fsync", is_our_file(fd));
    sleep(is_our_file(fd) ? wanted("slow") : 0);
    return real(fd);
}

int fdatasync(int fd)
{
    REAL(int, "fdatasync", int);
    FAIL("fsync", is_our_file(fd));
    return real(fd);
}

int ftruncate64(int fd, off64_t size)
{
    REAL(int, "ftruncate64", int, off64_t);
    FAIL("truncate", is_our_file(fd));
    return real(fd, size);
}

int ftruncate(int fd, off_t size)
{
    return ftruncate64(fd, size);
}

int rename(const char *from, const char *to)
{
    REAL(int, "rename", const char *, const char *);
    FAIL("rename", is_ours(to));
    return real(from, to);
}

int unlink(const char *path)
{
    REAL(int, "unlink", const char *);
    FAIL("unlink", is_ours(path));
    return real(path);
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    REAL(int, "open64", const char *, int, ...);
    FAIL("open", is_ours(path) && (flags & O_ACCMODE) != O_RDONLY);
    return real(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open64(path, flags, mode);
}
