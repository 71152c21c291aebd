# Lays the filters' headers out as ITK's tests of a module want them: a .hxx that is included first includes its .h, and a
# class that has groups is in the module's as well.
file(GLOB headers ${CMAKE_CURRENT_LIST_DIR}/../../filters/*/*.h ${CMAKE_CURRENT_LIST_DIR}/../../filters/*/*.hxx)
foreach(header ${headers})
  file(READ "${header}" text)
  get_filename_component(name "${header}" NAME_WE)
  string(REPLACE "#define ${name}_hxx\n" "#define ${name}_hxx\n#include \"${name}.h\"\n" text "${text}")
  string(REGEX REPLACE "(.ingroup )([A-Za-z]+)\n" "\\1\\2\n * \\1Isolux\n" text "${text}")
  get_filename_component(name "${header}" NAME)
  file(WRITE "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/include/${name}" "${text}")
endforeach()
