//! A disk that is full, and one that does not keep what it is given.
