set(DOCUMENTATION "Makes images from different scanners comparable: instance normalization and its relatives, removal of
uneven illumination (bias fields of MR, Retinex), and harmonization to a reference. Learners read an image in pieces and
keep a small value. Appliers take that value and stream.")

# ITKRegistrationCommon holds itkPointsLocator.h.
itk_module(Isolux
  DEPENDS
    ITKCommon
    ITKMesh
    ITKRegistrationCommon
    ITKStatistics
    ITKThresholding
  EXCLUDE_FROM_DEFAULT
  DESCRIPTION
    "${DOCUMENTATION}"
)
