dnl AX_TRY_CFLAGS(VARIABLE, FLAGS): adds each flag that the compiler takes.
AC_DEFUN([AX_TRY_FLAGS_INIT], [
  AC_SUBST([WARN_CFLAGS])
  AC_SUBST([HARDEN_CFLAGS])
  AC_SUBST([HARDEN_LDFLAGS])
])
AC_DEFUN([AX_TRY_CFLAGS], [
  for ax_flag in m4_normalize([$2]); do
    ax_save=$CFLAGS
    CFLAGS="$CFLAGS -Werror $ax_flag"
    AC_MSG_CHECKING([whether $CC takes $ax_flag])
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([])],
      [AC_MSG_RESULT([yes])
       $1="$$1 $ax_flag"],
      [AC_MSG_RESULT([no])])
    CFLAGS=$ax_save
  done
])
AC_DEFUN([AX_TRY_LDFLAGS], [
  for ax_flag in m4_normalize([$2]); do
    ax_save=$LDFLAGS
    LDFLAGS="$LDFLAGS $ax_flag"
    AC_MSG_CHECKING([whether the linker takes $ax_flag])
    AC_LINK_IFELSE([AC_LANG_PROGRAM([])],
      [AC_MSG_RESULT([yes])
       $1="$$1 $ax_flag"],
      [AC_MSG_RESULT([no])])
    LDFLAGS=$ax_save
  done
])
