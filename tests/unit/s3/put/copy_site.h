/* Copies within a store. */
#ifndef TESTS_UNIT_S3_PUT_COPY_SITE_H
#define TESTS_UNIT_S3_PUT_COPY_SITE_H

#include "base/util.h"
#include "tests/unit/s3/site.h"

#define URL "http://store/b/k"
#define CREATED                                                                                    \
    "<InitiateMultipartUploadResult><UploadId>u+1</UploadId></InitiateMultipartUploadResult>"

#endif
