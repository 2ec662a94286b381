/* Presigned URLs of Signature Version 2, boto3's default in us-east-1.
 *
 * What:    checks AWSAccessKeyId, Expires and Signature of the query. The signature covers only the
 *          parameters of the specification: a write with another one is refused.
 * Owner:   everything is borrowed. Threads: any.
 * Fails:   by s3_refuse: AccessDenied (expired, parameters missing, or one that is not signed),
 *          InvalidAccessKeyId, SignatureDoesNotMatch.
 * Source:  Amazon S3 API Reference, "Signing and authenticating REST requests (AWS signature
 *          version 2)", query string request authentication.
 */
#ifndef S3_SERVE_PROTOCOL_AUTH_V2_H
#define S3_SERVE_PROTOCOL_AUTH_V2_H

#include "s3/serve/protocol/auth.h"

bool auth_v2_is_presigned(const target *t);
bool auth_v2_check(const auth_request *request, const auth_keys *keys, err *e) MUST_USE;

#endif
