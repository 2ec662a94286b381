/* Where the certificate authorities of this system are.
 *
 * What:    libcurl knows one path, that of the distribution that it was built for. A program that
 *          is distributed with its own libcurl runs on other distributions.
 * Owner:   results are constant or borrowed.
 * Threads: any.
 * Fails:   never.
 */
#ifndef BASE_LOOP_LOOP_CA_H
#define BASE_LOOP_LOOP_CA_H

/* NULL if the file or folder that libcurl knows exists, or nothing else is found; otherwise a file. */
const char *loop_ca_file(void);

/* The first of `files` (NULL ends them) that can be read, if `file` and `folder` cannot; else NULL. Both
 * may be NULL: libcurl then uses the store of its TLS library, and no file is searched. */
const char *loop_ca_pick(const char *file, const char *folder, const char *const *files);

#endif
