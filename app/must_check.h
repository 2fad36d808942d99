/* A result that nobody may ignore. */
#ifndef STOK_MUST_CHECK_H
#define STOK_MUST_CHECK_H

#define MUST_CHECK __attribute__((warn_unused_result))

#endif
