//! Git, OCI, HTTP and S3 transport under the one egress policy.
